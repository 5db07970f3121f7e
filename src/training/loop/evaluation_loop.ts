import { RefusalError } from "../../core/errors/errors.ts";
import type { HostTensor } from "../../core/host_tensor.ts";
import { defaultEvaluator } from "../../evaluation/default_evaluator.ts";
import { EvaluationPlugin } from "../../evaluation/evaluation_plugin.ts";
import type { LossAndGradient } from "../losses/loss_and_gradient.ts";
import { CallGuard } from "./call_guard.ts";
import { createEvalLoader } from "./default_loaders.ts";
import { type Experiences, listExperiences } from "./eval_streams.ts";
import type { StrategyOptions } from "./strategy_options.ts";
import type { CallbackName } from "./strategy_plugin.ts";
import { StrategyState } from "./strategy_state.ts";

/** What a call of `train` or `eval` measured: the last value of each key that it reported. */
export type LastMetrics = ReturnType<EvaluationPlugin["getLastMetrics"]>;

/** The evaluation loop of a continual learner, with a callback before and after each part. */
export abstract class EvaluationLoop extends StrategyState {
  protected readonly calls = new CallGuard();
  #evaluator: EvaluationPlugin;

  constructor(options: StrategyOptions) {
    super(options);
    const { evaluator = defaultEvaluator() } = options;
    this.#evaluator = evaluator ?? new EvaluationPlugin({ metrics: [] });
  }

  get evaluator(): EvaluationPlugin {
    return this.#evaluator;
  }

  /** Another one measures and logs from the next `train` or `eval` on. @throws {RefusalError} While one goes on. */
  set evaluator(evaluator: EvaluationPlugin) {
    if (this.isInLoop) throw new RefusalError("strategy.evaluator can be assigned between train and eval, not in them");
    this.dispatcher.replace(this.#evaluator, evaluator);
    this.#evaluator = evaluator;
  }

  /**
   * Evaluates on one experience, or on several in order. May be called in the middle of training.
   * @returns What this call measured; `evaluator.getLastMetrics()` has older values, too.
   */
  async eval(experiences: Experiences): Promise<LastMetrics> {
    const evaluated = listExperiences(experiences, "eval()");
    const isComputing = this.host.isComputing;
    const endCall = this.calls.beginEvaluation({ isInCallback: this.dispatcher.place !== undefined, isComputing });
    const closeLoop = this.openInnerLoop();
    try {
      await this.host.start().finally(() => this.calls.enter());
      this.loop.isTraining = false;
      this.loop.currentEvalStream = evaluated;
      await this.trigger("beforeEval");
      for (const experience of evaluated) {
        this.beginExperience(experience);
        await this.evalExp();
      }
      await this.trigger("afterEval");
    } finally {
      closeLoop();
      endCall();
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
      this.loop.beginMinibatch(samples);
      await this.trigger("beforeEvalIteration");
      await this.trigger("beforeEvalForward");
      this.loop.mbOutput = await this.forward();
      await this.trigger("afterEvalForward");
      this.loop.loss = (await this.criterion()).loss;
      await this.trigger("afterEvalIteration");
    }
  }

  /** Sets the samples that the current experience is evaluated on. */
  evalDatasetAdaptation(): void | Promise<void> {
    this.adaptedDataset = this.experience.dataset;
  }

  /** Makes the loader of evaluation minibatches, in order. */
  makeEvalDataloader(): void | Promise<void> {
    this.dataloader = createEvalLoader(this);
  }

  /** Makes the model fit the current experience. */
  abstract modelAdaptation(): void | Promise<void>;
  /** Computes the minibatch's outputs [B, C]. */
  abstract forward(): Promise<HostTensor>;
  /** The criterion's loss of the minibatch. */
  abstract criterion(): LossAndGradient | Promise<LossAndGradient>;
  /** Calls a callback of every plugin that has it. */
  abstract trigger(callback: CallbackName): Promise<void>;
}
