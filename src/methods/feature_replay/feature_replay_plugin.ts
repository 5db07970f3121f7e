import { elementAt } from "../../core/element_at.ts";
import { resolveOptions } from "../../core/options/option_schema.ts";
import type { Dataset } from "../../data/dataset.ts";
import { CLASSES_ONLY } from "../../data/float_targets.ts";
import { ScratchSamples } from "../../data/scratch_samples.ts";
import { listFirstOutputs } from "../../engine/tfjs/model_layers.ts";
import { ClassBalancedOutputs } from "../../memory/buffers/class_balanced_outputs.ts";
import { takeTopology } from "../../models/take_topology.ts";
import { cutUpperPart } from "../../onnx/topology/cut_upper_part.ts";
import type { BaseStrategy } from "../../training/loop/base_strategy.ts";
import type { Trait } from "../../training/loop/combination_rules.ts";
import type { PluginState, StrategyPlugin, StrategySetup } from "../../training/loop/strategy_plugin.ts";
import { CrossEntropyLoss } from "../../training/losses/cross_entropy_loss.ts";
import type { LossAndGradient } from "../../training/losses/loss_and_gradient.ts";
import { addCrossEntropy } from "../../training/losses/partial_cross_entropy.ts";
import { assertFeatureLayer, findFeatureLayer } from "../../training/model/named_layer.ts";
import { computeActivations } from "../../training/submodels/compute_activations.ts";
import type { UpperReplicas } from "../../training/submodels/upper_replicas.ts";
import { countPastExperiences } from "../shared/count_past_experiences.ts";
import { strategyWith } from "../strategy_with.ts";
import { type FeatureReplayOptions, featureReplay } from "./options.ts";

/**
 * Feature replay by the asymmetric loss of elastic feature consolidation: no sample is kept, but features, equally many
 * of each class, as they were when their experience ended. The whole network learns new samples by a cross-entropy over
 * the classes of their experience; the classifier alone learns all classes from remembered and new features. From the
 * second experience on the loss is ½ CE(new, its classes) + ½ [(1 − w) CE(remembered) + w CE(new features)] with w =
 * 1/k in the k-th experience; the classifier's half sends no gradient to the features. Takes the place of the
 * criterion.
 * @see Magistri et al. 2024, Elastic Feature Consolidation for Cold Start Exemplar-Free Incremental Learning,
 * arXiv:2402.03917
 */
export class FeatureReplayPlugin implements StrategyPlugin {
  readonly name = "FeatureReplayPlugin";
  readonly targets = CLASSES_ONLY;
  readonly traits: readonly Trait[] = ["changesLoss", "needsHardLabels"];
  readonly #memory: ClassBalancedOutputs;
  readonly #batchSizeMem: number;
  readonly #layerName: string | undefined;
  readonly #seenCompete: boolean;
  readonly #criterion = new CrossEntropyLoss();
  readonly #remembered = new ScratchSamples("remembered features");
  readonly #current = new ScratchSamples("the minibatch's features");
  #replicas: Promise<UpperReplicas> | undefined;

  /** @throws {RangeError} If an option is out of range. */
  constructor(given: FeatureReplayOptions = {}) {
    const options = resolveOptions("FeatureReplayPlugin", given, featureReplay.options);
    const { memSize, batchSizeMem, layerName, compatibility } = options;
    this.#memory = new ClassBalancedOutputs(memSize);
    [this.#batchSizeMem, this.#layerName] = [batchSizeMem, layerName];
    this.#seenCompete = compatibility === "avalanche";
  }

  get state(): PluginState {
    return this.#memory;
  }

  assertUsable({ model }: StrategySetup): void {
    assertFeatureLayer("FeatureReplayPlugin", model, this.#layerName);
    cutUpperPart(takeTopology(model), { layerName: this.#findLayer({ model }), sampleShape: [] });
  }

  criterion({ mbOutput, mbY, experience }: BaseStrategy): LossAndGradient {
    const competing = this.#seenCompete ? experience.classesSeenSoFar : experience.classesInThisExperience;
    // Another plugin may have added samples of other classes.
    const columns = new Set([...competing, ...mbY]);
    const dOutput = new Float32Array(mbOutput.data.length);
    const weight = this.#memory.length > 0 ? 0.5 : 1;
    return { loss: addCrossEntropy(mbOutput, mbY, { columns, weight, dOutput }), dOutput };
  }

  /** Adds the classifier's half. */
  async afterBackward(strategy: BaseStrategy): Promise<void> {
    if (this.#memory.length === 0) return;
    const { clock, gradient } = strategy;
    const replicas = await this.#findReplicas(strategy);
    const share = 1 / (countPastExperiences(strategy) + 1);
    const options = { criterion: this.#criterion, dropoutStep: clock.trainIterations, gradient };
    strategy.loss += await replicas.addGradient(this.#draw(strategy), { ...options, weight: (1 - share) / 2 });
    strategy.loss += await replicas.addGradient(await this.#takeFeatures(strategy), { ...options, weight: share / 2 });
  }

  async afterTrainingExp(strategy: BaseStrategy): Promise<void> {
    const layerName = this.#findLayer(strategy);
    await this.#memory.update(strategy, async (samples) => {
      const { data, shape } = await computeActivations(strategy, samples, layerName);
      return { data, shape: [samples.length, data.length / elementAt(shape, 0)] };
    });
  }

  #draw(strategy: BaseStrategy): Dataset {
    const { samples, outputs } = this.#memory.draw(this.#batchSizeMem, strategy.randomStreams.get("feature-replay"));
    const layer = strategy.model.getLayer(this.#findLayer(strategy));
    const [, ...sampleShape] = elementAt(listFirstOutputs(layer), 0).shape;
    const shape = [samples.length, ...sampleShape.map((length) => length ?? 1)];
    const x = { data: outputs.data, shape };
    return this.#remembered.write({ x, y: samples.targets, taskLabels: samples.targetsTaskLabels });
  }

  /** The features that the step's own outputs came from: the same images, the same units dropped. */
  async #takeFeatures(strategy: BaseStrategy): Promise<Dataset> {
    const { mbatch, mbY, mbTaskId, cluster, clock, augmentation } = strategy;
    const request = { samples: mbatch, training: true, dropoutStep: clock.trainIterations, augmentation };
    const x = await cluster.activations(request, this.#findLayer(strategy));
    return this.#current.write({ x, y: mbY, taskLabels: mbTaskId });
  }

  #findLayer({ model }: Pick<StrategySetup, "model">): string {
    return this.#layerName ?? findFeatureLayer(model);
  }

  #findReplicas(strategy: BaseStrategy): Promise<UpperReplicas> {
    // Loaded by the few plugins that need it, with TF.js.
    this.#replicas ??= import("../../training/submodels/upper_replicas.ts").then(({ UpperReplicas: replicas }) =>
      replicas.start(strategy, this.#findLayer(strategy)),
    );
    return this.#replicas;
  }
}

/** Replay of features: a `FeatureReplayPlugin` after the other plugins. */
export class FeatureReplay extends strategyWith(FeatureReplayPlugin, featureReplay.options) {}

/** By the names under which a list of methods loads them. */
export { FeatureReplay as strategy, FeatureReplayPlugin as plugin };
