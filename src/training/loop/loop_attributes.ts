import { RefusalError } from "../../core/errors/errors.ts";
import type { HostTensor } from "../../core/host_tensor.ts";
import type { Dataset } from "../../data/dataset.ts";
import { readSamples } from "../../data/read_samples.ts";
import type { EvaluatedStrategy } from "../../evaluation/evaluated_strategy.ts";
import type { DataLoader } from "../../memory/loaders/data_loader.ts";
import type { Experience } from "../../streams/experience.ts";
import { copyVector, ModelOwner } from "../model/model_owner.ts";
import { type AssignableAttribute, assertAssignable } from "./assignments.ts";
import { Clock } from "./clock.ts";
import { LabelGuard } from "./label_guard.ts";
import { LoopState } from "./loop_state.ts";
import { PluginDispatcher } from "./plugin_dispatcher.ts";

/**
 * What a strategy knows at any moment of its loops. Everything is whole (the minibatch, its outputs, the reduced
 * gradient, the parameters), whatever the number of replicas. Attributes are borrowed: they hold until the part of the
 * loop that set them is over. An attribute is assigned where that changes something; elsewhere an assignment throws.
 */
export abstract class LoopAttributes extends ModelOwner implements EvaluatedStrategy {
  /** True once the current experience's training is to end before its next minibatch. */
  isStopped = false;
  protected readonly dispatcher = new PluginDispatcher();
  /** What the attributes show; the loop itself writes here. */
  protected readonly loop = new LoopState();
  /** Loops that are under way: `train`, `eval`, or a prediction. */
  #openLoops = 0;
  readonly #clock = new Clock();
  readonly #labels = new LabelGuard();

  get clock(): Clock {
    return this.#clock;
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

  /** The samples that the current experience is trained or evaluated on. */
  get adaptedDataset(): Dataset {
    return this.loop.adaptedDataset;
  }

  /** May be replaced in `afterTrainDatasetAdaptation`, by one plugin at most. */
  set adaptedDataset(dataset: Dataset) {
    this.#assertAssignable("adaptedDataset");
    if (this.isTraining) this.dispatcher.claim("adaptedDataset");
    this.loop.adaptedDataset = dataset;
  }

  /** @throws {Error} Before it was made. */
  get dataloader(): DataLoader {
    return this.loop.dataloader ?? refuseEarly("dataloader", "makeTrainDataloader or makeEvalDataloader was called");
  }

  /** May be replaced in `beforeTrainingExp`, by one plugin at most. */
  set dataloader(dataloader: DataLoader) {
    this.#assertAssignable("dataloader");
    if (this.isTraining) this.dispatcher.claim("dataloader");
    this.loop.dataloader = dataloader;
  }

  /** The current minibatch, as a view on its samples. */
  get mbatch(): Dataset {
    return this.loop.mbatch;
  }

  /** May be replaced before the forward pass. */
  set mbatch(samples: Dataset) {
    this.#assertAssignable("mbatch");
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

  /** Class ids of the minibatch [B]. */
  get mbY(): Int32Array {
    return this.mbatch.targets;
  }

  /** Task labels of the minibatch [B]. */
  get mbTaskId(): Int32Array {
    return this.mbatch.targetsTaskLabels;
  }

  /** Outputs of the whole minibatch [B, C]. */
  get mbOutput(): HostTensor {
    return this.loop.mbOutput;
  }

  /** Replaced where evaluation predicts otherwise; in training, for what metrics see. */
  set mbOutput(output: HostTensor) {
    this.#assertAssignable("mbOutput");
    this.loop.mbOutput = output;
  }

  /** The minibatch's training loss, plugins' terms and penalties included; in evaluation the criterion alone. */
  get loss(): number {
    return this.loop.loss;
  }

  /** Changes what metrics see, from `afterBackward` on; what is trained is changed by `addLossTerm`. */
  set loss(loss: number) {
    this.#assertAssignable("loss");
    this.loop.loss = loss;
  }

  override get gradient(): Float32Array<SharedArrayBuffer> {
    return super.gradient;
  }

  /** Copied into the gradient, in `afterBackward` and `beforeUpdate`. */
  override set gradient(gradient: Float32Array) {
    this.#assertAssignable("gradient");
    copyVector("gradient", gradient, super.gradient);
  }

  /** @throws {RangeRefusal} If its class ids or task labels stand for other labels than before. */
  protected beginExperience(experience: Experience): void {
    this.#labels.admit(experience);
    this.loop.experience = experience;
  }

  /** Has work done as if `experience` were evaluated. No plugin is told, and afterwards the loop is where it was. */
  async inEvaluationOf<Result>(experience: Experience, work: () => Promise<Result>): Promise<Result> {
    const restore = this.openInnerLoop();
    this.loop.isTraining = false;
    this.loop.experience = experience;
    try {
      return await work();
    } finally {
      restore();
    }
  }

  /** True while a loop is under way. */
  protected get isInLoop(): boolean {
    return this.#openLoops > 0;
  }

  /** Notes that a loop is under way, called by no plugin. The result notes that it has ended. */
  protected openLoop(): () => void {
    const restoreCaller = this.dispatcher.suspend();
    this.#openLoops += 1;
    return () => {
      this.#openLoops -= 1;
      restoreCaller();
    };
  }

  /** The same for a loop inside another. The result also puts everything back to where it was. */
  protected openInnerLoop(): () => void {
    const { augmentation } = this.host;
    this.host.augmentation = 0;
    const restoreState = this.loop.save();
    const close = this.openLoop();
    return () => {
      close();
      this.host.augmentation = augmentation;
      restoreState();
    };
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
    return readSamples(this.mbatch, { seed: this.options.seed, step: this.augmentation });
  }

  #assertAssignable(attribute: AssignableAttribute): void {
    assertAssignable(attribute, this.isInLoop ? (this.dispatcher.place ?? "loop") : undefined);
  }
}

function refuseEarly(name: string, when: string): never {
  throw new RefusalError(`strategy.${name} is there once ${when}`);
}
