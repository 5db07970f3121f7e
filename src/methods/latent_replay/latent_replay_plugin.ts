import { resolveOptions } from "../../core/options/option_schema.ts";
import { viewEntry } from "../../core/parameter_layout.ts";
import { declareState, optional, part, vector } from "../../core/state/state.ts";
import { CLASSES_ONLY } from "../../data/float_targets.ts";
import { LatentMemory } from "../../memory/buffers/latent_memory.ts";
import { SingleDatasetDataLoader } from "../../memory/loaders/single_dataset_data_loader.ts";
import { drawSamples } from "../../memory/selection/draw_samples.ts";
import { takeTopology } from "../../models/take_topology.ts";
import { cutUpperPart } from "../../onnx/topology/cut_upper_part.ts";
import type { BaseStrategy } from "../../training/loop/base_strategy.ts";
import type { Trait } from "../../training/loop/combination_rules.ts";
import type { RehearseExperience } from "../../training/loop/rehearsal.ts";
import type { PluginState, StrategyPlugin, StrategySetup } from "../../training/loop/strategy_plugin.ts";
import type { ModelGrowth } from "../../training/model/model_growth.ts";
import { assertLayer } from "../../training/model/named_layer.ts";
import { computeActivations } from "../../training/submodels/compute_activations.ts";
import type { UpperReplicas } from "../../training/submodels/upper_replicas.ts";
import { HeldParameters, heldParameters } from "../shared/importances/held_parameters.ts";
import { type LatentReplayOptions, latentReplay } from "./options.ts";

/**
 * Latent replay: remembers what a layer answered to samples of the past, and trains the layers behind it on those
 * answers together with new samples. From the second experience on, the layer and all before it are held, statistics
 * included, so that what is remembered stays true. A minibatch's places are shared out by the sizes of experience and
 * memory: with n new and m remembered, b places a minibatch, n / ⌊(n + m) / b⌋ of them are for new ones. When the k-th
 * experience is over, memSize / k of its samples come in, at places drawn at random once none is free.
 *
 * Where layers behind the cut use batch statistics, new and remembered rows have their own. Avalanche also leaves
 * normalising layers below the cut free, and lets the first experience fill the memory alone.
 * @see Pellegrini et al. 2020, Latent Replay for Real-Time Continual Learning, arXiv:1912.01100
 */
export class LatentReplayPlugin implements StrategyPlugin {
  readonly name = "LatentReplayPlugin";
  readonly targets = CLASSES_ONLY;
  readonly traits: readonly Trait[] = ["changesLoss", "replacesDataloader", "needsHardLabels"];
  readonly excludes: readonly Trait[] = ["replacesDataloader"];
  readonly memory: LatentMemory;
  readonly #layerName: string;
  #replicas: Promise<UpperReplicas> | undefined;
  /** Names of what lies behind the cut. */
  #free: ReadonlySet<string> = new Set();
  /** Remembered rows beside each minibatch. */
  #replayed = 0;
  readonly #state;
  readonly state: PluginState;

  /** @throws {RangeError} If `memSize` is not a whole number of at least 1. */
  constructor(given: LatentReplayOptions) {
    const options = resolveOptions("LatentReplayPlugin", given, latentReplay.options);
    this.memory = new LatentMemory(options.memSize ?? 1500);
    this.#layerName = options.layerName;
    this.#state = declareState("LatentReplayPlugin", {
      memory: part(this.memory),
      held: optional(heldParameters()),
      statistics: optional(vector()),
    });
    this.state = this.#state;
  }

  assertUsable({ model }: StrategySetup): void {
    assertLayer("LatentReplayPlugin", model, this.#layerName);
    cutUpperPart(takeTopology(model), { layerName: this.#layerName, sampleShape: [] });
  }

  rehearse({ clock, trainMbSize }: BaseStrategy): RehearseExperience {
    let remembered = this.memory.length;
    let past = clock.trainExpCounter;
    return (expected) => {
      const { length } = expected.dataset;
      const { batchSize } = shareOutPlaces(trainMbSize, length, remembered);
      const replayed = remembered === 0 ? expected : { ...expected, batchSize, isTaskBalanced: false };
      past += 1;
      const taken = Math.min(length, Math.max(1, Math.floor(this.memory.maxSize / past)));
      remembered = Math.min(this.memory.maxSize, remembered + taken);
      return replayed;
    };
  }

  async beforeTrainingExp(strategy: BaseStrategy): Promise<void> {
    const { parameters, cluster, adaptedDataset, trainMbSize, shuffle, dropLast, randomStreams } = strategy;
    this.#free = (await this.#findReplicas(strategy)).listNames();
    this.#replayed = 0;
    if (this.memory.length === 0) return;
    const mask = new Float32Array(parameters.length);
    for (const entry of cluster.model.layout.entries) if (!this.#free.has(entry.name)) viewEntry(mask, entry).fill(1);
    this.#state.held = new HeldParameters(parameters, mask);
    // Those of the experiences before it: a layer that standardises samples has taken the new ones into account.
    this.#state.statistics ??= Float32Array.from(cluster.state);
    this.#holdStatistics(strategy);
    const { batchSize, replayed } = shareOutPlaces(trainMbSize, adaptedDataset.length, this.memory.length);
    this.#replayed = replayed;
    const stream = randomStreams.get("shuffle");
    const loading = { batchSize, shuffle, dropLast, stream };
    strategy.dataloader = new SingleDatasetDataLoader({ dataset: adaptedDataset, ...loading });
  }

  beforeTrainingIteration(strategy: BaseStrategy): void {
    if (this.#replayed > 0) strategy.scaleCriterion(1 - this.#weigh(strategy));
  }

  /** Adds the loss of remembered answers: its gradient goes no further than the cut. */
  async afterBackward(strategy: BaseStrategy): Promise<void> {
    if (this.#replayed === 0) return;
    const { gradient, clock, options, randomStreams } = strategy;
    const replicas = await this.#findReplicas(strategy);
    strategy.loss += await replicas.addGradient(this.memory.draw(this.#replayed, randomStreams.get("latent-replay")), {
      criterion: options.criterion,
      weight: this.#weigh(strategy),
      dropoutStep: clock.trainIterations,
      gradient,
    });
  }

  afterUpdate(strategy: BaseStrategy): void {
    this.#state.held?.putBack(strategy.parameters);
    if (this.#state.held) this.#holdStatistics(strategy);
  }

  async afterTrainingExp(strategy: BaseStrategy): Promise<void> {
    this.#state.held = undefined;
    this.#state.statistics = Float32Array.from(strategy.cluster.state);
    const { clock, experience, randomStreams } = strategy;
    const random = randomStreams.get("latent-replay");
    const count = Math.max(1, Math.floor(this.memory.maxSize / (clock.trainExpCounter + 1)));
    const samples = drawSamples(experience.dataset, count, random);
    const x = await computeActivations(strategy, samples, this.#layerName);
    this.memory.update({ x, y: samples.targets, taskLabels: samples.targetsTaskLabels }, random);
  }

  afterModelGrowth({ cluster }: BaseStrategy, growth: ModelGrowth): void {
    this.#state.held = this.#state.held?.grow(growth);
    if (this.#state.statistics) this.#state.statistics = growth.remapState(this.#state.statistics, cluster.state);
  }

  #holdStatistics({ cluster }: BaseStrategy): void {
    if (!this.#state.statistics) return;
    for (const entry of cluster.model.stateLayout.entries) {
      if (!this.#free.has(entry.name)) viewEntry(cluster.state, entry).set(viewEntry(this.#state.statistics, entry));
    }
  }

  /** The share of remembered rows in this step. */
  #weigh({ mbatch }: BaseStrategy): number {
    const remembered = Math.min(this.#replayed, this.memory.length);
    return remembered / (mbatch.length + remembered);
  }

  #findReplicas(strategy: BaseStrategy): Promise<UpperReplicas> {
    // Loaded by the few plugins that need it, with TF.js.
    this.#replicas ??= import("../../training/submodels/upper_replicas.ts").then(({ UpperReplicas: replicas }) =>
      replicas.start(strategy, this.#layerName),
    );
    return this.#replicas;
  }
}

/** How many of a minibatch's places are for new samples, and how many for remembered ones. */
export function shareOutPlaces(
  places: number,
  newSamples: number,
  remembered: number,
): { readonly batchSize: number; readonly replayed: number } {
  const minibatches = Math.max(1, Math.floor((newSamples + remembered) / places));
  const batchSize = Math.min(places, Math.max(1, Math.floor(newSamples / minibatches)));
  return { batchSize, replayed: Math.min(remembered, places - batchSize) };
}

/** By the names under which a list of methods loads them. */
export { LatentReplayPlugin as plugin };
