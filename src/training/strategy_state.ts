import { cannot, RefusalError } from "../core/errors.ts";
import type { HostTensor } from "../core/host_tensor.ts";
import type { SavedState } from "../core/saved_state.ts";
import type { DataSource } from "../data/data_source.ts";
import { Dataset } from "../data/dataset.ts";
import { readSamples } from "../data/read_samples.ts";
import type { EvaluatedStrategy } from "../evaluation/evaluated_strategy.ts";
import type { DataLoader } from "../memory/data_loader.ts";
import type { PredictionHead } from "../onnx/export/prediction_head.ts";
import type { Experience } from "../streams/experience.ts";
import { Clock } from "./clock.ts";
import { assertCombination, type CombinationRules, type Trait } from "./combination_rules.ts";
import { LabelGuard } from "./label_guard.ts";
import { ModelOwner } from "./model_owner.ts";
import { PluginDispatcher } from "./plugin_dispatcher.ts";
import type { StrategyOptions } from "./strategy_options.ts";
import { listParts, type StrategyPlugin } from "./strategy_plugin.ts";

const EMPTY_OUTPUT: HostTensor = { data: new Float32Array(0), shape: [0, 0] };

/**
 * What a strategy knows at any moment of its loops. Everything is whole (the minibatch, its outputs, the reduced
 * gradient, the parameters), whatever the number of replicas. Attributes are borrowed: they hold until the part of the
 * loop that set them is over.
 */
export abstract class StrategyState extends ModelOwner implements EvaluatedStrategy, CombinationRules {
  readonly clock = new Clock();

  isTraining = false;
  /** True once the current experience's training is to end before its next minibatch. */
  isStopped = false;
  currentEvalStream: readonly Experience[] = [];
  /** The minibatch's training loss, plugins' terms and penalties included; in evaluation the criterion alone. */
  loss = 0;
  /** Outputs of the whole minibatch [B, C]. */
  mbOutput: HostTensor = EMPTY_OUTPUT;

  protected readonly dispatcher = new PluginDispatcher();
  readonly #labels = new LabelGuard();
  #experience: Experience | undefined;
  #adaptedDataset: Dataset = Dataset.empty();
  #dataloader: DataLoader | undefined;
  #mbatch: Dataset = Dataset.empty();
  #mbX: HostTensor | undefined;

  /**
   * @throws {TypeError} If an option has no such name.
   * @throws {RangeError} If a value is out of range, or plugins, strategy and model do not go together.
   */
  constructor(options: StrategyOptions) {
    super(options);
    const plugins = (options.plugins ?? []).flatMap(listParts);
    assertCombination(this, plugins);
    for (const plugin of plugins) plugin.assertUsable?.({ model: options.model, options: this.options });
  }

  /**
   * What the strategy itself does that a plugin may not bear. Read while it is made: a subclass's fields are not there
   * yet.
   */
  get traits(): readonly Trait[] {
    return [];
  }

  /** What no plugin may do in this strategy. Read while it is made, too. */
  get excludes(): readonly Trait[] {
    return [];
  }

  /**
   * All plugins in the order in which they are called: the user's, then the evaluator, periodic evaluation, the clock.
   */
  get plugins(): readonly StrategyPlugin[] {
    return this.dispatcher.plugins;
  }

  /** True for a strategy that wants all experiences in one call of `train`. */
  get trainsJointly(): boolean {
    return false;
  }

  get isEval(): boolean {
    return !this.isTraining;
  }

  get iterationsPerEpoch(): number {
    return this.#dataloader?.length ?? 0;
  }

  /** @throws {Error} Before the first `train` or `eval`. */
  get experience(): Experience {
    if (!this.#experience)
      throw new RefusalError(cannot("read the experience", "a call inside train or eval", "one outside"));
    return this.#experience;
  }

  protected set experience(experience: Experience) {
    this.#labels.admit(experience);
    this.#experience = experience;
  }

  /** The samples that the current experience is trained or evaluated on. */
  get adaptedDataset(): Dataset {
    return this.#adaptedDataset;
  }

  /** May be replaced in `afterTrainDatasetAdaptation`, by one plugin at most. */
  set adaptedDataset(dataset: Dataset) {
    if (this.isTraining) this.dispatcher.claim("adaptedDataset");
    this.#adaptedDataset = dataset;
  }

  /** @throws {Error} Before it was made. */
  get dataloader(): DataLoader {
    if (!this.#dataloader)
      throw new RefusalError(cannot("read the dataloader", "a call after it was made", "one before"));
    return this.#dataloader;
  }

  /** May be replaced in `beforeTrainingExp`, by one plugin at most. */
  set dataloader(dataloader: DataLoader) {
    if (this.isTraining) this.dispatcher.claim("dataloader");
    this.#dataloader = dataloader;
  }

  /** The current minibatch, as a view on its samples. */
  get mbatch(): Dataset {
    return this.#mbatch;
  }

  set mbatch(samples: Dataset) {
    this.#mbatch = samples;
    this.#mbX = undefined;
  }

  /** Inputs of the minibatch [B, …sampleShape] as the model sees them; read from the samples at the first use. */
  get mbX(): HostTensor {
    this.#mbX ??= readSamples(this.#mbatch, { seed: this.options.seed, step: this.augmentation });
    return this.#mbX;
  }

  /** Class ids of the minibatch [B]. */
  get mbY(): Int32Array {
    return this.#mbatch.targets;
  }

  /** Task labels of the minibatch [B]. */
  get mbTaskId(): Int32Array {
    return this.#mbatch.targetsTaskLabels;
  }

  /**
   * How a subclass predicts in evaluation, where it is not by the network's outputs; what plugins make of them comes
   * behind.
   */
  predictionHead(): PredictionHead | undefined {
    return undefined;
  }

  /** Has work done as if `experience` were evaluated. No plugin is told, and afterwards the loop is where it was. */
  async inEvaluationOf<Result>(experience: Experience, work: () => Promise<Result>): Promise<Result> {
    const restore = this.saveLoop();
    this.isTraining = false;
    this.#experience = experience;
    try {
      return await work();
    } finally {
      restore();
    }
  }

  /** What a subclass must keep to go on identically; nothing if it has no state of its own. */
  saveOwnState(): SavedState {
    return null;
  }

  /** Goes on from what `saveOwnState` gave; `sources` are the benchmark's, by name. */
  restoreOwnState(_saved: SavedState, _sources: ReadonlyMap<string, DataSource>): void {}

  /** Drops what belonged to the loop that has ended. */
  protected forgetLoop(): void {
    this.#adaptedDataset = Dataset.empty();
    this.#dataloader = undefined;
    this.mbatch = Dataset.empty();
    this.mbOutput = EMPTY_OUTPUT;
  }

  /** Remembers the loop's state, so that an evaluation in the middle of training disturbs nothing. */
  protected saveLoop(): () => void {
    const { augmentation } = this.host;
    this.host.augmentation = 0;
    const { isTraining, loss, mbOutput, currentEvalStream } = this;
    const [experience, adapted, dataloader, mbatch] = [
      this.#experience,
      this.#adaptedDataset,
      this.#dataloader,
      this.#mbatch,
    ];
    return () => {
      this.host.augmentation = augmentation;
      Object.assign(this, { isTraining, loss, mbOutput, currentEvalStream, mbatch });
      this.#experience = experience;
      this.#adaptedDataset = adapted;
      this.#dataloader = dataloader;
    };
  }
}
