import { RefusalError } from "../../core/errors/errors.ts";
import type { HostTensor } from "../../core/host_tensor.ts";
import { assertOptions } from "../../core/options/assert_options.ts";
import type { Dataset } from "../../data/dataset.ts";
import type { GrowingHead } from "../../models/growing_head.ts";
import type { Experience } from "../../streams/experience.ts";
import type { LossAndGradient } from "../losses/loss_and_gradient.ts";
import type { LossTerm } from "../losses/loss_terms.ts";
import { adaptHeads } from "../model/adapt_heads.ts";
import { FIXED_ATTRIBUTES, fixAttributes } from "./assignments.ts";
import { createTrainLoader } from "./default_loaders.ts";
import { type Experiences, scheduleTraining } from "./eval_streams.ts";
import { EvaluationLoop, type LastMetrics } from "./evaluation_loop.ts";
import { PeriodicEval } from "./periodic_eval.ts";
import { type RehearseExperience, rehearseAll } from "./rehearsal.ts";
import { createStepPlan, type StepPlan } from "./step_plan.ts";
import type { StrategyOptions } from "./strategy_options.ts";
import type { CallbackName } from "./strategy_plugin.ts";
import { TRAIN_RULES, type TrainOptions } from "./train_options.ts";
import { TrainingProgress } from "./training_progress.ts";
import { TrainingStep } from "./training_step.ts";

export type { LastMetrics } from "./evaluation_loop.ts";
export type { TrainOptions } from "./train_options.ts";

const LOOP_PARTS = ["trainDatasetAdaptation", "makeTrainDataloader", "trainExp", "trainingEpoch"] as const;
const OVERRIDABLE_STEPS = ["trainingIteration", "forward", "criterion", "backward", "optimizerStep"] as const;

/**
 * The training and evaluation loops of a continual learner, with a callback before and after each part. As it stands it
 * fine-tunes on one experience after another; other strategies add plugins or override its steps. The order of
 * callbacks is that of Avalanche (Lomonaco et al. 2021, arXiv:2104.00405).
 *
 * Close it when done (`await using strategy = …` or `await strategy.close()`): it may own Worker threads.
 */
export class BaseStrategy extends EvaluationLoop {
  /** Deals out the epochs and minibatches of the `train` call under way. */
  protected progress = new TrainingProgress(this);
  #plan: StepPlan = { fused: false, updateWithReduction: false, reasons: ["nothing was trained yet"] };
  /** What the `train` call under way says of it. */
  #dropLast: boolean | undefined;
  #step: TrainingStep | undefined;
  #evalGroups: readonly (readonly Experience[])[] = [];

  /**
   * @throws {TypeError} If an option has no such name.
   * @throws {RangeError} If a value is out of range.
   */
  constructor(options: StrategyOptions) {
    super(options);
    const periodicEval = this.options.evalEvery > -1 ? [new PeriodicEval(this.options, () => this.#evalGroups)] : [];
    this.dispatcher.plugins = [...(options.plugins ?? []), this.evaluator, ...periodicEval, this.clock];
  }

  /** How iterations are computed, from what plugins listen to and subclasses override. */
  get plan(): StepPlan {
    return this.#plan;
  }

  override get dropLast(): boolean {
    return this.#dropLast ?? super.dropLast;
  }

  override set dropLast(dropLast: boolean) {
    super.dropLast = dropLast;
  }

  /**
   * Trains on one experience, or on several in order.
   * @returns What this call measured, evaluations in it included; `evaluator.getLastMetrics()` has older values, too.
   */
  async train(experiences: Experiences, options: TrainOptions = {}): Promise<LastMetrics> {
    assertOptions("train()", options, TRAIN_RULES);
    const isEvaluated = this.options.evalEvery > -1;
    const schedule = scheduleTraining(experiences, { evalStreams: options.evalStreams, isEvaluated });
    const endCall = this.calls.beginTraining();
    const closeLoop = this.openLoop();
    try {
      this.#dropLast = options.dropLast;
      // What goes on was rehearsed when it began.
      const trained = options.resume ? schedule.trained : rehearseAll(this, schedule);
      const cluster = await this.host.start().finally(() => this.calls.enter());
      if (options.resetOptimizerState) cluster.resetOptimizer();
      this.loop.isTraining = true;
      this.#evalGroups = schedule.evalGroups;
      this.#plan = this.#makePlan();
      this.progress = new TrainingProgress(this, options);
      await this.#trainAll(trained);
    } finally {
      [this.#step, this.#dropLast] = [undefined, undefined];
      closeLoop();
      endCall();
    }
    this.host.writeBack();
    this.loop.forgetSamples();
    return this.evaluator.getTrainMetrics();
  }

  async #trainAll(experiences: Iterable<Experience>): Promise<void> {
    await this.trigger("beforeTraining");
    for (const experience of experiences) {
      this.host.assertSameTensors();
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
    this.loop.mbOutput = await this.forward();
    await this.trigger("afterForward");
    this.loop.loss = await this.computeLoss();
    await this.trigger("beforeBackward");
    this.loop.loss = await this.backward();
    await this.trigger("afterBackward");
    await this.trigger("beforeUpdate");
    await this.optimizerStep();
    await this.trigger("afterUpdate");
    await this.trigger("afterTrainingIteration");
    this.endIteration();
  }

  /** Makes these samples the minibatch, and begins a step on them: the first call of a training iteration. */
  protected beginIteration(samples: Dataset): void {
    this.loop.beginMinibatch(samples);
    this.host.augmentation = this.clock.trainIterations + 1;
    this.#step = new TrainingStep(this.cluster, this.options.criterion, {
      dropoutStep: this.clock.trainIterations,
      plan: this.plan,
      learningRate: () => this.optimizer.learningRate,
    });
  }

  /** The minibatch's loss by `criterion()`, scaled as plugins asked for; called between `forward` and `backward`. */
  protected computeLoss(): Promise<number> {
    return this.#currentStep("computeLoss()").computeLoss(() => this.criterion());
  }

  /** The last call of a training iteration. */
  protected endIteration(): void {
    this.#step = undefined;
    this.host.augmentation = 0;
  }

  /** Ends the current experience's training before its next minibatch; the next experience is trained as usual. */
  stopTraining(): void {
    this.isStopped = true;
  }

  /** Sets the samples that the current experience is trained on. */
  trainDatasetAdaptation(): void | Promise<void> {
    this.adaptedDataset = this.experience.dataset;
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

  /** Makes the loader of training minibatches: shuffled anew each epoch, balanced by task where there are several. */
  makeTrainDataloader(): void | Promise<void> {
    this.dataloader = createTrainLoader(this);
  }

  /**
   * Widens the model's growing heads for the current experience's classes and tasks, in evaluation too; in training
   * those classes' units begin to count. A model without such heads needs nothing.
   */
  modelAdaptation(): void | Promise<void> {
    if (this.host.heads.length > 0) return adaptHeads(this, this.host);
  }

  /** Makes the growing heads as wide as these and tells the plugins; nothing happens where they are so already. */
  async growHeads(heads: readonly GrowingHead[]): Promise<void> {
    const growth = await this.host.grow(heads, this.randomStreams);
    if (growth) await this.dispatcher.announceGrowth(growth, this);
  }

  /** Prepares the optimizer for the current experience; its state is kept. */
  makeOptimizer(): void | Promise<void> {}

  /** Computes the minibatch's outputs [B, C]. */
  async forward(): Promise<HostTensor> {
    if (this.isTraining) return this.#currentStep("forward()").forward(this.mbatch);
    return this.cluster.forward({ samples: this.mbatch, training: false, dropoutStep: 0 });
  }

  /** The criterion's loss of the minibatch and its gradient with respect to `mbOutput`. Not called in a fused step. */
  criterion(): LossAndGradient | Promise<LossAndGradient> {
    return this.dispatcher.replaceCriterion(this) ?? this.options.criterion.evaluate(this.mbOutput, this.mbY);
  }

  /** Computes `gradient`. Returns the loss with plugins' terms and penalties. */
  async backward(): Promise<number> {
    return this.#currentStep("backward()").backward(this.mbOutput);
  }

  /** Moves `parameters` along `gradient`. */
  async optimizerStep(): Promise<void> {
    await this.#currentStep("optimizerStep()").update();
  }

  /**
   * Adds a term to this minibatch's loss: a TF.js function of the outputs [B, C], called inside a tidy.
   * @throws {Error} Outside a training iteration, or once its backward pass has begun.
   */
  addLossTerm(term: LossTerm | LossAndGradient): void {
    this.#currentStep("addLossTerm()").addLossTerm(term);
  }

  /**
   * Multiplies this minibatch's criterion, or each sample's part of it [B], but not what plugins add to it, nor the
   * criterion in evaluation.
   * @throws {Error} Outside a training iteration, or once its loss is computed.
   */
  scaleCriterion(factor: number | Float32Array): void {
    this.#currentStep("scaleCriterion()").scaleCriterion(factor);
  }

  /**
   * Leaves this iteration's optimizer step out.
   * @throws {Error} Outside a training iteration, or when the step was made.
   */
  skipUpdate(): void {
    this.#currentStep("skipUpdate()").skipUpdate();
  }

  /** Calls a callback of every plugin that has it. Loops that are overridden must call it in the same places. */
  async trigger(callback: CallbackName): Promise<void> {
    if (this.progress.isPast(callback)) return;
    // A plugin may look at the model's weights, set them, and assign another optimizer.
    this.host.writeBack();
    await this.dispatcher.trigger(callback, this);
    this.host.takeAssignedWeights();
    await this.attachOptimizer();
  }

  #currentStep(act: string): TrainingStep {
    if (this.#step) return this.#step;
    throw new RefusalError(`${act} must be called inside a training iteration, by a plugin or an overridden step`);
  }

  #makePlan(): StepPlan {
    const overridden = OVERRIDABLE_STEPS.filter((step) => this[step] !== BaseStrategy.prototype[step]);
    return createStepPlan({
      listeners: (callback) => this.dispatcher.listListeners(callback),
      overridden: new Set(overridden),
      hasFusedCriterion: this.options.criterion.createObjective !== undefined,
    });
  }
}

fixAttributes(BaseStrategy.prototype, FIXED_ATTRIBUTES);
