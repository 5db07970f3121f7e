import type { HostTensor } from "../../core/host_tensor.ts";
import { assertOptions } from "../../core/options/assert_options.ts";
import type { Dataset } from "../../data/dataset.ts";
import type { GrowingHead } from "../../models/growth/growing_head.ts";
import type { Experience } from "../../streams/experience.ts";
import { TrainingProgress } from "../checkpoints/training_progress.ts";
import type { LossAndGradient } from "../losses/loss_and_gradient.ts";
import { evaluateCriterion } from "../losses/mixed_targets.ts";
import { adaptModel } from "../model/adapt_model.ts";
import { type PredictOptions, predictSamples } from "../model/predict_samples.ts";
import type { PredictionInput } from "../model/prediction_input.ts";
import type { Predictions } from "../model/predictions.ts";
import { createRegularization } from "../model/regularization.ts";
import { FIXED_ATTRIBUTES, fixAttributes } from "./assignments.ts";
import type { CallbackName } from "./callbacks.ts";
import { createEvalLoader, createTrainLoader } from "./default_loaders.ts";
import { countSamples, type Experiences, listExperiences, scheduleTraining } from "./eval_streams.ts";
import { LoopAttributes } from "./loop_attributes.ts";
import { PeriodicEval } from "./periodic_eval.ts";
import { LOOP_PARTS, type RehearseExperience, rehearseAll } from "./rehearsal.ts";
import { planSteps } from "./step_plan.ts";
import type { StrategyOptions } from "./strategy_options.ts";
import { type LastMetrics, TRAIN_RULES, type TrainOptions } from "./train_options.ts";
import { TrainingStep } from "./training_step.ts";

/**
 * The training and evaluation loops of a continual learner, with a callback before and after each part. As it stands it
 * fine-tunes on one experience after another; other strategies add plugins or override its steps. The order of
 * callbacks is that of Avalanche (Lomonaco et al. 2021, arXiv:2104.00405).
 *
 * Close it when done (`await using strategy = …` or `await strategy.close()`): it may own Worker threads.
 */
export class BaseStrategy extends LoopAttributes {
  /** Deals out the epochs and minibatches of the `train` call under way. */
  protected progress = new TrainingProgress(this);

  /** @throws {TypeError} If an option has no such name. {RangeError} If a value is out of range. */
  constructor(options: StrategyOptions) {
    super(options);
    const { evalEvery, criterion } = this.options;
    const timed = evalEvery > -1 ? [new PeriodicEval(this.options, () => this.loop.evalGroups)] : [];
    const own = [criterion.plugin ?? [], createRegularization(this.model)].flat();
    this.dispatcher.plugins = [options.plugins ?? [], own, this.evaluator, timed, this.clock].flat();
  }

  /**
   * Trains on one experience, or on several in order.
   * @returns What this call measured, evaluations in it included; `evaluator.getLastMetrics()` has older values, too.
   */
  async train(experiences: Experiences, options: TrainOptions = {}): Promise<LastMetrics> {
    assertOptions("train()", options, TRAIN_RULES);
    const isEvaluated = this.options.evalEvery > -1;
    const schedule = scheduleTraining(experiences, { evalStreams: options.evalStreams, isEvaluated });
    const endCall = this.loop.beginTraining();
    try {
      this.loop.trainOptions = options;
      // What goes on was rehearsed when it began.
      const trained = options.resume ? schedule.trained : rehearseAll(this, schedule);
      await this.start().finally(() => this.loop.calls.enter());
      if (options.resetOptimizerState) this.cluster.resetOptimizer();
      this.loop.isTraining = true;
      this.loop.evalGroups = schedule.evalGroups;
      this.loop.plan = planSteps(this, { base: BaseStrategy.prototype, dispatcher: this.dispatcher });
      this.progress = new TrainingProgress(this, options);
      await this.#trainAll(trained);
    } finally {
      this.loop.endStep();
      this.loop.trainOptions = {};
      endCall();
    }
    this.showTrainedWeights();
    this.loop.forgetSamples();
    return this.evaluator.getTrainMetrics();
  }

  async #trainAll(experiences: Iterable<Experience>): Promise<void> {
    await this.trigger("beforeTraining");
    for (const experience of experiences) {
      this.assertSameTensors();
      this.beginExperience(experience);
      this.isStopped = false;
      this.dispatcher.releaseClaims();
      await this.progress.beginExperience();
      await this.trainExp();
      this.progress.endExperience();
    }
    await this.trigger("afterTraining");
  }

  /** Trains on the current experience. */
  async trainExp(): Promise<void> {
    await this.trigger("beforeTrainDatasetAdaptation");
    await this.trainDatasetAdaptation();
    await this.trigger("afterTrainDatasetAdaptation");
    await this.makeTrainDataloader();
    await this.modelAdaptation();
    await this.makeOptimizer();
    await this.trigger("beforeTrainingExp");
    for (const _epoch of this.progress.epochs()) {
      await this.trigger("beforeTrainingEpoch");
      if (this.isStopped) break;
      await this.trainingEpoch();
      await this.trigger("afterTrainingEpoch");
    }
    await this.trigger("afterTrainingExp");
  }

  /** One pass over the dataloader. */
  async trainingEpoch(): Promise<void> {
    for await (const samples of this.progress.minibatches()) {
      if (this.isStopped) break;
      await this.trainingIteration(samples);
    }
  }

  /**
   * One step of training on a minibatch. A subclass may take it over, with the same calls in the same order; the step
   * is split then, so that each call does what its name says.
   */
  async trainingIteration(samples: Dataset): Promise<void> {
    this.beginIteration(samples);
    await this.trigger("beforeTrainingIteration");

    await this.trigger("beforeForward");
    this.assertInputsUntouched();
    this.mbOutput = await this.forward();
    await this.trigger("afterForward");
    this.loss = await this.computeLoss();

    await this.trigger("beforeBackward");
    this.loss = await this.backward();
    await this.trigger("afterBackward");

    await this.trigger("beforeUpdate");
    await this.optimizerStep();
    await this.trigger("afterUpdate");

    await this.trigger("afterTrainingIteration");
    this.endIteration();
  }

  /** Makes these samples the minibatch, and begins a step on them: the first call of a training iteration. */
  protected beginIteration(samples: Dataset): void {
    const { trainIterations } = this.clock;
    const { readsOutputs } = this.dispatcher;
    const input = { dropoutStep: trainIterations, plan: this.plan, rates: () => this.presentRates, readsOutputs };
    this.loop.beginMinibatch(samples);
    this.loop.beginStep(new TrainingStep(this.cluster, this.options.criterion, input));
    this.loop.augmentation = trainIterations + 1;
  }

  /** The minibatch's loss by `criterion()`, scaled as plugins asked for; called between `forward` and `backward`. */
  protected computeLoss(): Promise<number> {
    return this.loop.currentStep("computeLoss()").computeLoss(() => this.criterion());
  }

  /** The last call of a training iteration. */
  protected endIteration(): void {
    this.loop.endStep();
  }

  /**
   * Evaluates on one experience, or on several in order, if they have samples. May be called in the middle of training.
   * @returns What this call measured; `evaluator.getLastMetrics()` has older values, too.
   */
  async eval(experiences: Experiences): Promise<LastMetrics> {
    const evaluated = listExperiences(experiences, "eval()").filter(({ dataset }) => dataset.length > 0);
    const endCall = this.loop.beginEvaluation({ isComputing: this.isComputing() });
    try {
      await this.start().finally(() => this.loop.calls.enter());
      this.loop.currentEvalStream = evaluated;
      await this.trigger("beforeEval");
      await this.cluster.constantWeights.during(countSamples(evaluated), async () => {
        for (const experience of evaluated) {
          this.beginExperience(experience);
          await this.evalExp();
        }
      });
      await this.trigger("afterEval");
    } finally {
      endCall();
    }
    return this.evaluator.getEvalMetrics();
  }

  /** Predicts samples as `eval` does, between calls of `train` and `eval`: nothing is measured. Calls take turns. */
  predict(x: PredictionInput, options: PredictOptions = {}): Promise<Predictions> {
    return this.loop.calls.predict(() => predictSamples(this, x, options));
  }

  /** Evaluates on the current experience. */
  async evalExp(): Promise<void> {
    await this.trigger("beforeEvalDatasetAdaptation");
    await this.evalDatasetAdaptation();
    await this.trigger("afterEvalDatasetAdaptation");
    await this.makeEvalDataloader();
    await this.modelAdaptation();
    await this.trigger("beforeEvalExp");
    await this.evalEpoch();
    await this.trigger("afterEvalExp");
  }

  /** One pass over the evaluation dataloader. */
  async evalEpoch(): Promise<void> {
    for (const samples of this.dataloader.iterate()) {
      this.loop.beginMinibatch(samples);
      await this.trigger("beforeEvalIteration");
      await this.trigger("beforeEvalForward");
      this.mbOutput = await this.forward();
      await this.trigger("afterEvalForward");
      this.loss = (await this.criterion()).loss;
      await this.trigger("afterEvalIteration");
    }
  }

  /** Sets the samples that the current experience is trained on. */
  trainDatasetAdaptation(): void | Promise<void> {
    this.adaptedDataset = this.experience.dataset;
  }

  /** Sets the samples that the current experience is evaluated on. */
  evalDatasetAdaptation(): void | Promise<void> {
    this.adaptedDataset = this.experience.dataset;
  }

  /** Makes the loader of training minibatches: shuffled anew each epoch, balanced by task where there are several. */
  makeTrainDataloader(): void | Promise<void> {
    this.dataloader = createTrainLoader(this);
  }

  /** Makes the loader of evaluation minibatches, in order. */
  makeEvalDataloader(): void | Promise<void> {
    this.dataloader = createEvalLoader(this);
  }

  /**
   * Widens the model's growing heads for the current experience's classes and tasks, in evaluation too; in training
   * those classes' units begin to count, and `Standardization` layers take the experience's samples into account.
   */
  modelAdaptation(): void | Promise<void> {
    return adaptModel(this);
  }

  /** Makes the growing heads as wide as these and tells the plugins; nothing happens where they are so already. */
  async growHeads(heads: readonly GrowingHead[]): Promise<void> {
    const growth = await this.widenHeads(heads);
    if (growth) await this.dispatcher.announceGrowth(growth, this);
  }

  /** Prepares the optimizer for the current experience; its state is kept. */
  makeOptimizer(): void | Promise<void> {}

  /** Computes the minibatch's outputs [B, C]. */
  async forward(): Promise<HostTensor> {
    if (this.isTraining) return this.loop.currentStep("forward()").forward(this.mbatch);
    return this.cluster.forward({ samples: this.mbatch, training: false, dropoutStep: 0 });
  }

  /** The criterion's loss of the minibatch and its gradient with respect to `mbOutput`. Not called in a fused step. */
  criterion(): LossAndGradient | Promise<LossAndGradient> {
    return this.dispatcher.replaceCriterion(this) ?? evaluateCriterion(this.options.criterion, this, this.loop.mixing);
  }

  /** Computes `gradient`. Returns the loss with plugins' terms and penalties. */
  async backward(): Promise<number> {
    return this.loop.currentStep("backward()").backward(() => this.mbOutput);
  }

  /** Moves `parameters` along `gradient`. */
  async optimizerStep(): Promise<void> {
    await this.loop.currentStep("optimizerStep()").update();
  }

  /** Calls a callback of every plugin that has it. Loops that are overridden must call it in the same places. */
  async trigger(callback: CallbackName): Promise<void> {
    if (this.progress.isPast(callback)) return;
    // A plugin may look at the model's weights, set them, and assign another optimizer.
    this.showTrainedWeights();
    if (this.dispatcher.hears(callback)) await this.dispatcher.trigger(callback, this);
    this.takeAssignedWeights();
    const attaching = this.attachOptimizer();
    if (attaching) await attaching;
  }

  /**
   * What it will make of each experience by numbers of samples alone, from where it stands now, for checks before
   * anything is trained: undefined where it trains on experiences as they are, "unknown" where a subclass overrides
   * parts of the loop and does not say.
   */
  rehearse(): RehearseExperience | "unknown" | undefined {
    return LOOP_PARTS.some((part) => this[part] !== BaseStrategy.prototype[part]) ? "unknown" : undefined;
  }

  /** Parts of a minibatch that go through the network in training by themselves; 0 where that is not known. */
  get minibatchParts(): number {
    return this.forward === BaseStrategy.prototype.forward ? 1 : 0;
  }
}

fixAttributes(BaseStrategy.prototype, FIXED_ATTRIBUTES);
