import { cannot, RefusalError } from "../core/errors.ts";
import type { HostTensor } from "../core/host_tensor.ts";
import type { Dataset } from "../data/dataset.ts";
import { defaultEvaluator } from "../evaluation/default_evaluator.ts";
import { EvaluationPlugin } from "../evaluation/evaluation_plugin.ts";
import type { GrowingHead } from "../models/growing_head.ts";
import type { Experience } from "../streams/experience.ts";
import { adaptHeads } from "./adapt_heads.ts";
import { CheckpointKeeper } from "./checkpointing.ts";
import { createEvalLoader, createTrainLoader } from "./default_loaders.ts";
import { type Experiences, listExperiences, scheduleTraining } from "./eval_streams.ts";
import type { LossAndGradient } from "./losses/loss_and_gradient.ts";
import type { LossTerm } from "./losses/loss_terms.ts";
import { PeriodicEval } from "./periodic_eval.ts";
import { createStepPlan, type StepPlan } from "./step_plan.ts";
import type { StrategyOptions } from "./strategy_options.ts";
import type { CallbackName } from "./strategy_plugin.ts";
import { StrategyState } from "./strategy_state.ts";
import type { TrainOptions } from "./train_options.ts";
import { TrainingStep } from "./training_step.ts";

export type { TrainOptions } from "./train_options.ts";

/** What a call of `train` or `eval` measured: the last value of each key that it reported. */
export type LastMetrics = ReturnType<EvaluationPlugin["getLastMetrics"]>;

const OVERRIDABLE_STEPS = ["forward", "criterion", "backward", "optimizerStep"] as const;

/**
 * The training and evaluation loops of a continual learner, with a callback before and after each part. As it stands it
 * fine-tunes on one experience after another; other strategies add plugins or override its steps. The order of
 * callbacks is that of Avalanche (Lomonaco et al. 2021, arXiv:2104.00405).
 *
 * Close it when done (`await using strategy = …` or `await strategy.close()`): it may own Worker threads.
 */
export class BaseStrategy extends StrategyState {
  readonly evaluator: EvaluationPlugin;
  /** How iterations are computed, from what plugins listen to and subclasses override. */
  plan: StepPlan = { fused: false, updateWithReduction: false, reasons: ["nothing was trained yet"] };
  #step: TrainingStep | undefined;
  #keeper = new CheckpointKeeper(this, {});
  #epoch = 0;
  #evalGroups: readonly (readonly Experience[])[] = [];

  /**
   * @throws {TypeError} If an option has no such name.
   * @throws {RangeError} If a value is out of range.
   */
  constructor(options: StrategyOptions) {
    super(options);
    const { evaluator = defaultEvaluator() } = options;
    this.evaluator = evaluator ?? new EvaluationPlugin({ metrics: [] });
    const periodicEval = this.options.evalEvery > -1 ? [new PeriodicEval(this.options, () => this.#evalGroups)] : [];
    this.dispatcher.plugins = [...(options.plugins ?? []), this.evaluator, ...periodicEval, this.clock];
  }

  /**
   * Trains on one experience, or on several in order.
   * @returns What this call measured, evaluations in it included; `evaluator.getLastMetrics()` has older values, too.
   */
  async train(experiences: Experiences, options: TrainOptions = {}): Promise<LastMetrics> {
    const cluster = await this.host.start();
    if (options.resetOptimizerState) cluster.resetOptimizer();
    this.isTraining = true;
    this.#step = undefined;
    const isEvaluated = this.options.evalEvery > -1;
    const { trained, evalGroups } = scheduleTraining(experiences, { evalStreams: options.evalStreams, isEvaluated });
    this.#evalGroups = evalGroups;
    this.plan = this.#makePlan();
    this.#keeper = new CheckpointKeeper(this, options);
    if (!this.#keeper.isResuming) await this.trigger("beforeTraining");
    for (const experience of trained) {
      this.experience = experience;
      this.isStopped = false;
      this.dispatcher.releaseClaims();
      await this.#keeper.beginExperience();
      await this.trainExp();
      this.#keeper.endExperience();
    }
    await this.trigger("afterTraining");
    this.host.writeBack();
    this.forgetLoop();
    return this.evaluator.getTrainMetrics();
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
    for (this.#epoch = this.#keeper.firstEpoch; this.#epoch < this.trainEpochs; this.#epoch++) {
      if (!this.#keeper.isResuming) await this.trigger("beforeTrainingEpoch");
      if (this.isStopped) break;
      await this.trainingEpoch();
      await this.trigger("afterTrainingEpoch");
    }
    await this.trigger("afterTrainingExp");
  }

  /** One pass over the dataloader. */
  async trainingEpoch(): Promise<void> {
    for (const samples of await this.#keeper.beginEpoch(this.#epoch)) {
      if (this.isStopped) break;
      await this.trainingIteration(samples);
      await this.#keeper.endIteration();
    }
  }

  /** One step of training on a minibatch. */
  async trainingIteration(samples: Dataset): Promise<void> {
    this.mbatch = samples;
    const step = this.#beginStep();
    await this.trigger("beforeTrainingIteration");

    await this.trigger("beforeForward");
    this.mbOutput = await this.forward();
    await this.trigger("afterForward");
    this.loss = await step.computeLoss(() => this.criterion());

    await this.trigger("beforeBackward");
    this.loss = await this.backward();
    await this.trigger("afterBackward");

    await this.trigger("beforeUpdate");
    await this.optimizerStep();
    await this.trigger("afterUpdate");

    await this.trigger("afterTrainingIteration");
    this.#step = undefined;
    this.host.augmentation = 0;
  }

  /** Ends the current experience's training before its next minibatch; the next experience is trained as usual. */
  stopTraining(): void {
    this.isStopped = true;
  }

  /**
   * Evaluates on one experience, or on several in order. May be called in the middle of training.
   * @returns What this call measured; `evaluator.getLastMetrics()` has older values, too.
   */
  async eval(experiences: Experiences): Promise<LastMetrics> {
    await this.host.start();
    const restore = this.saveLoop();
    this.isTraining = false;
    this.currentEvalStream = listExperiences(experiences);
    try {
      await this.trigger("beforeEval");
      for (const experience of this.currentEvalStream) {
        this.experience = experience;
        await this.evalExp();
      }
      await this.trigger("afterEval");
    } finally {
      restore();
    }
    return this.evaluator.getEvalMetrics();
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
      this.mbatch = samples;
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
    if (this.isTraining) return this.#currentStep("go forward").forward(this.mbatch);
    return this.cluster.forward({ samples: this.mbatch, training: false, dropoutStep: 0 });
  }

  /** The criterion's loss of the minibatch and its gradient with respect to `mbOutput`. Not called in a fused step. */
  criterion(): LossAndGradient | Promise<LossAndGradient> {
    return this.dispatcher.replaceCriterion(this) ?? this.options.criterion.evaluate(this.mbOutput, this.mbY);
  }

  /** Computes `gradient`. Returns the loss with plugins' terms and penalties. */
  async backward(): Promise<number> {
    return this.#currentStep("go backward").backward(this.mbOutput);
  }

  /** Moves `parameters` along `gradient`. */
  async optimizerStep(): Promise<void> {
    await this.#currentStep("step the optimizer").update();
  }

  /**
   * Adds a term to this minibatch's loss: a TF.js function of the outputs [B, C], called inside a tidy.
   * @throws {Error} Outside a training iteration, or once its backward pass has begun.
   */
  addLossTerm(term: LossTerm | LossAndGradient): void {
    this.#currentStep("add a loss term").addLossTerm(term);
  }

  /**
   * Multiplies this minibatch's criterion, or each sample's part of it [B], but not what plugins add to it, nor the
   * criterion in evaluation.
   * @throws {Error} Outside a training iteration, or once its loss is computed.
   */
  scaleCriterion(factor: number | Float32Array): void {
    this.#currentStep("scale the criterion").scaleCriterion(factor);
  }

  /**
   * Leaves this iteration's optimizer step out.
   * @throws {Error} Outside a training iteration, or when the step was made.
   */
  skipUpdate(): void {
    this.#currentStep("skip the update").skipUpdate();
  }

  /** Calls a callback of every plugin that has it. Loops that are overridden must call it in the same places. */
  trigger(callback: CallbackName): Promise<void> {
    return this.dispatcher.trigger(callback, this);
  }

  #beginStep(): TrainingStep {
    this.host.augmentation = this.clock.trainIterations + 1;
    this.#step = new TrainingStep(this.cluster, this.options.criterion, {
      dropoutStep: this.clock.trainIterations,
      plan: this.plan,
      learningRate: () => this.optimizer.learningRate,
    });
    return this.#step;
  }

  #currentStep(act: string): TrainingStep {
    if (!this.#step) throw new RefusalError(cannot(act, "a call inside a training iteration", "one outside"));
    return this.#step;
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
