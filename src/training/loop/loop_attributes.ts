import type { FeatureTarget } from "../../cluster/compute_request.ts";
import { RefusalError } from "../../core/errors/errors.ts";
import type { HostTensor } from "../../core/host_tensor.ts";
import type { Dataset } from "../../data/dataset.ts";
import { readSamples } from "../../data/read_samples.ts";
import { type Mixing, mixSamples } from "../../data/transforms/mixing.ts";
import type { EvaluatedStrategy } from "../../evaluation/evaluated_strategy.ts";
import type { DataLoader } from "../../memory/loaders/data_loader.ts";
import { ratesAt } from "../../optimizers/group_schedule.ts";
import type { StepRates } from "../../optimizers/optimizer.ts";
import type { OptimizerRule } from "../../optimizers/parameter_groups.ts";
import type { Experience } from "../../streams/experience.ts";
import type { LossAndGradient } from "../losses/loss_and_gradient.ts";
import type { LossTerm } from "../losses/loss_terms.ts";
import { copyVector } from "../model/copy_vector.ts";
import { Clock } from "./clock.ts";
import type { LabelGuard } from "./label_guard.ts";
import type { StepPlan } from "./step_plan.ts";
import { StrategyConfiguration } from "./strategy_configuration.ts";
import { assertTargets } from "./target_guard.ts";

/**
 * What a strategy knows at any moment of its loops. Everything is whole (the minibatch, its outputs, the reduced
 * gradient, the parameters), whatever the number of replicas. Attributes are borrowed: they hold until the part of the
 * loop that set them is over. An attribute is assigned where that changes something; elsewhere an assignment throws.
 */
export abstract class LoopAttributes extends StrategyConfiguration implements EvaluatedStrategy {
  /** True once the current experience's training is to end before its next minibatch. */
  isStopped = false;
  readonly #clock = new Clock();

  get clock(): Clock {
    return this.#clock;
  }

  /** What class ids and task labels stand for, as far as streams have said. */
  get labels(): LabelGuard {
    return this.loop.labels;
  }

  /** @throws {RefusalError} If `train`, `eval` or `predict` is under way; the message begins with `act`. */
  assertIdle(act: string): void {
    this.loop.calls.assertIdle(act);
  }

  get isTraining(): boolean {
    return this.loop.isTraining;
  }

  get isEval(): boolean {
    return !this.isTraining;
  }

  get currentEvalStream(): readonly Experience[] {
    return this.loop.currentEvalStream;
  }

  get iterationsPerEpoch(): number {
    return this.loop.dataloader?.length ?? 0;
  }

  /** @throws {Error} Before the first `train` or `eval`. */
  get experience(): Experience {
    return this.loop.experience ?? refuseEarly("experience", "train or eval has begun an experience");
  }

  /** How the optimizer steps at present: with a learning rate of 0 for groups that are held still now. */
  get presentRates(): OptimizerRule & StepRates {
    return ratesAt(this.optimizer, () => {
      return { pastExperiences: this.clock.countPast(this.experience), pastEpochs: this.clock.trainExpEpochs };
    });
  }

  /** The samples that the current experience is trained or evaluated on. */
  get adaptedDataset(): Dataset {
    return this.loop.adaptedDataset;
  }

  /** May be replaced in `afterTrainDatasetAdaptation`, by one plugin at most. */
  set adaptedDataset(dataset: Dataset) {
    this.loop.assertAssignable("adaptedDataset");
    if (this.isTraining) this.dispatcher.claim("adaptedDataset");
    this.loop.adaptedDataset = dataset;
  }

  /** @throws {Error} Before it was made. */
  get dataloader(): DataLoader {
    return this.loop.dataloader ?? refuseEarly("dataloader", "makeTrainDataloader or makeEvalDataloader was called");
  }

  /** May be replaced in `beforeTrainingExp`, by one plugin at most. */
  set dataloader(dataloader: DataLoader) {
    this.loop.assertAssignable("dataloader");
    if (this.isTraining) this.dispatcher.claim("dataloader");
    this.loop.dataloader = dataloader;
  }

  /** The current minibatch, as a view on its samples. */
  get mbatch(): Dataset {
    return this.loop.mbatch;
  }

  /** May be replaced before the forward pass. */
  set mbatch(samples: Dataset) {
    this.loop.assertAssignable("mbatch");
    this.loop.beginMinibatch(samples);
  }

  /**
   * Inputs of the minibatch [B, …sampleShape] as the model sees them; read from the samples at the first use. A copy:
   * what is to be trained on is changed by replacing `mbatch`.
   */
  get mbX(): HostTensor {
    this.loop.mbX ??= this.#readMinibatch();
    return this.loop.mbX;
  }

  /** Class ids of the minibatch [B]; all 0 where targets are numbers. */
  get mbY(): Int32Array {
    return this.mbatch.targets;
  }

  /** Targets of the minibatch that are numbers [B, T]; undefined for class ids. */
  get mbValues(): HostTensor | undefined {
    return this.mbatch.targetValues;
  }

  /** Task labels of the minibatch [B]. */
  get mbTaskId(): Int32Array {
    return this.mbatch.targetsTaskLabels;
  }

  /**
   * Outputs of the whole minibatch [B, C].
   * @throws {RefusalError} On several ranks, if nobody was expected to look at them in training.
   */
  get mbOutput(): HostTensor {
    return this.loop.readOutput();
  }

  /** Replaced where evaluation predicts otherwise; in training, for what metrics see. */
  set mbOutput(output: HostTensor) {
    this.loop.assertAssignable("mbOutput");
    this.loop.mbOutput = output;
  }

  /** The minibatch's training loss, plugins' terms and penalties included; in evaluation the criterion alone. */
  get loss(): number {
    return this.loop.loss;
  }

  /** Changes what metrics see, from `afterBackward` on; what is trained is changed by `addLossTerm`. */
  set loss(loss: number) {
    this.loop.assertAssignable("loss");
    this.loop.loss = loss;
  }

  /**
   * The reduced gradient [P], from `afterBackward` on; may be edited in place in `afterBackward` and `beforeUpdate`.
   */
  get gradient(): Float32Array<SharedArrayBuffer> {
    return this.cluster.gradient;
  }

  /** Copied into the gradient, in `afterBackward` and `beforeUpdate`. */
  set gradient(gradient: Float32Array) {
    this.loop.assertAssignable("gradient");
    copyVector("gradient", gradient, this.gradient);
  }

  override get augmentation(): number {
    return this.loop.augmentation;
  }

  /** How iterations are computed, from what plugins listen to and subclasses override. */
  get plan(): StepPlan {
    return this.loop.plan;
  }

  /** Ends the current experience's training before its next minibatch; the next experience is trained as usual. */
  stopTraining(): void {
    this.isStopped = true;
  }

  /**
   * Adds a term to this minibatch's loss: a TF.js function of the outputs [B, C], called inside a tidy.
   * @throws {Error} Outside a training iteration, or once its backward pass has begun.
   */
  addLossTerm(term: LossTerm | LossAndGradient): void {
    this.loop.currentStep("addLossTerm()").addLossTerm(term);
  }

  /**
   * Multiplies this minibatch's criterion, or each sample's part of it [B], but not what plugins add to it, nor the
   * criterion in evaluation.
   * @throws {Error} Outside a training iteration, or once its loss is computed.
   */
  scaleCriterion(factor: number | Float32Array): void {
    this.loop.currentStep("scaleCriterion()").scaleCriterion(factor);
  }

  /**
   * Has this iteration's step hold features to what they were, in the command that computes the gradient, where that
   * can be: `hasAnchored` tells from `afterBackward` on, and whoever asked does it there otherwise.
   * @throws {Error} Outside a training iteration, or once the outputs are computed.
   */
  anchorFeatures(target: FeatureTarget): void {
    this.loop.currentStep("anchorFeatures()").anchor(target);
  }

  /** True where this iteration's step has held features to this target: its loss and gradient have the term. */
  hasAnchored(target: FeatureTarget): boolean {
    return this.loop.currentStep("hasAnchored()").isAnchoredTo(target);
  }

  /**
   * Trains this iteration on samples that are mixed with each other, and on their targets, mixed alike. `mbY` stays the
   * samples' own.
   * @throws {Error} Outside a training iteration, or once the outputs are computed. {RangeError} If it is not for so
   * many samples, or the criterion takes no soft targets.
   */
  mixMinibatch(mixing: Mixing): void {
    this.loop.currentStep("mixMinibatch()").mix(mixing, this.mbatch);
    this.loop.mixing = mixing;
    this.loop.mbX = undefined;
  }

  /**
   * Leaves this iteration's optimizer step out.
   * @throws {Error} Outside a training iteration, or when the step was made.
   */
  skipUpdate(): void {
    this.loop.currentStep("skipUpdate()").skipUpdate();
  }

  /** Has work done as if `experience` were evaluated. No plugin is told, and afterwards the loop is where it was. */
  async inEvaluationOf<Result>(experience: Experience, work: () => Promise<Result>): Promise<Result> {
    const restore = this.loop.openEvaluation();
    this.loop.experience = experience;
    try {
      return await work();
    } finally {
      restore();
    }
  }

  /** @throws {RangeRefusal} If its targets are not for this criterion and model, or numbers stand for other labels. */
  protected beginExperience(experience: Experience): void {
    assertTargets(this, experience);
    this.loop.beginExperience(experience);
  }

  /** @throws {RefusalError} If a plugin has written into `mbX`, which trains nothing. */
  protected assertInputsUntouched(): void {
    const { mbX } = this.loop;
    if (!mbX) return;
    const { data } = this.#readMinibatch();
    const touched = data.findIndex((value, i) => !Object.is(value, mbX.data[i]));
    if (touched < 0) return;
    const sentence = "strategy.mbX is a copy and writing into it changes nothing that is trained";
    throw new RefusalError(`${sentence}: replace strategy.mbatch`);
  }

  #readMinibatch(): HostTensor {
    const x = readSamples(this.mbatch, { seed: this.options.seed, step: this.augmentation });
    if (this.loop.mixing) mixSamples(x.data, this.loop.mixing, x.shape.slice(1));
    return x;
  }
}

function refuseEarly(name: string, when: string): never {
  throw new RefusalError(`strategy.${name} is there once ${when}`);
}
