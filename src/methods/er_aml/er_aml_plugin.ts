import { elementAt } from "../../core/element_at.ts";
import type { Compatibility } from "../../core/options/compatibility.ts";
import { resolveOptions } from "../../core/options/option_schema.ts";
import { Dataset } from "../../data/dataset.ts";
import { CLASSES_ONLY } from "../../data/float_targets.ts";
import type { BaseStrategy } from "../../training/loop/base_strategy.ts";
import type { Trait } from "../../training/loop/combination_rules.ts";
import type { RehearseExperience } from "../../training/loop/rehearsal.ts";
import type { PluginState, StrategyPlugin, StrategySetup } from "../../training/loop/strategy_plugin.ts";
import type { LossAndGradient } from "../../training/losses/loss_and_gradient.ts";
import { addCrossEntropy } from "../../training/losses/partial_cross_entropy.ts";
import { assertFeatureLayer, findFeatureLayer } from "../../training/model/named_layer.ts";
import { findFeatureReplicas } from "../../training/submodels/find_feature_replicas.ts";
import { MinibatchMemory } from "../shared/minibatch_memory.ts";
import { strategyWith } from "../strategy_with.ts";
import { evaluateAsymmetricContrast } from "./asymmetric_contrast.ts";
import { type ContrastCandidates, drawContrastPairs } from "./contrast_pairs.ts";
import { type ERAMLOptions, erAML } from "./options.ts";

/**
 * ER-AML: experience replay in which new samples are not classified at all, so that they do not push old classes aside.
 * A new sample is drawn to one of its class and held off one of another class of the same minibatch, by a contrastive
 * loss of features; both are drawn from the memory and the minibatch. What is remembered is learnt by cross-entropy.
 * The memory is a reservoir that takes in every minibatch of an experience's first epoch; while it is empty, training
 * is as usual. Takes the place of the criterion. Of B new samples each meets 2 B others on the coordinator: it is made
 * for small minibatches.
 * @see Caccia et al. 2022, New Insights on Reducing Abrupt Representation Change, arXiv:2203.03798
 */
export class ERAMLPlugin implements StrategyPlugin {
  readonly name = "ERAMLPlugin";
  readonly targets = CLASSES_ONLY;
  readonly #memory: MinibatchMemory;
  readonly #temperature: number;
  readonly #weight: number;
  readonly #layerName: string | undefined;
  readonly #compatibility: Compatibility;

  /** @throws {RangeError} If an option is out of range. */
  constructor(given: ERAMLOptions = {}) {
    const options = resolveOptions("ERAMLPlugin", given, erAML.options);
    const { memSize, batchSizeMem, temperature, baseTemperature } = options;
    const { compatibility, layerName } = options;
    this.#memory = new MinibatchMemory("er-aml", { memSize, batchSizeMem, compatibility });
    [this.#temperature, this.#compatibility] = [temperature, compatibility];
    this.#weight = temperature / baseTemperature;
    this.#layerName = layerName;
  }

  get state(): PluginState {
    return this.#memory.storagePolicy;
  }

  assertUsable({ model }: StrategySetup): void {
    assertFeatureLayer("ERAMLPlugin", model, this.#layerName);
  }

  get traits(): readonly Trait[] {
    return ["changesLoss", "needsHardLabels", ...this.#memory.traits];
  }

  get storagePolicy(): MinibatchMemory["storagePolicy"] {
    return this.#memory.storagePolicy;
  }

  rehearse(): RehearseExperience {
    return this.#memory.rehearse();
  }

  beforeTrainingExp(strategy: BaseStrategy): void {
    this.#memory.beginExperience(strategy);
  }

  beforeTrainingIteration(strategy: BaseStrategy): void {
    this.#memory.extendMinibatch(strategy);
  }

  /** Cross-entropy of what is remembered, or of the whole minibatch where nothing is. */
  criterion({ mbOutput, mbY }: BaseStrategy): LossAndGradient {
    const dOutput = new Float32Array(mbOutput.data.length);
    const start = this.#isReplaying(mbY) ? this.#memory.current.length : 0;
    return { loss: addCrossEntropy(mbOutput, mbY, { rows: { start, end: mbY.length }, dOutput }), dOutput };
  }

  /** Adds the contrastive loss of the new samples: its gradient goes through the features, not the outputs. */
  async afterBackward(strategy: BaseStrategy): Promise<void> {
    const { mbY, randomStreams, cluster, clock, model, gradient } = strategy;
    if (!this.#isReplaying(mbY)) return;
    const { current } = this.#memory;
    const { buffer } = this.#memory.storagePolicy;
    const pool = this.#compatibility === "paper" ? Dataset.concat([current, buffer]) : buffer;
    const candidates = this.#listCandidates(current, pool);
    const { anchors, positives, negatives } = drawContrastPairs(
      current.length,
      candidates,
      randomStreams.get("er-aml"),
    );
    if (anchors.length === 0) return;
    const samples = Dataset.concat([current.subset(anchors), pool.subset(positives), pool.subset(negatives)]);
    const replicas = await findFeatureReplicas(strategy, this.#layerName ?? findFeatureLayer(model));
    const mode = { training: true, dropoutStep: clock.trainIterations };
    const features = await replicas.forward(cluster, samples, mode);
    const { loss, dFeatures } = evaluateAsymmetricContrast(features, samples.targets, {
      anchors: anchors.length,
      temperature: this.#temperature,
      weight: this.#weight,
    });
    await replicas.addGradient(samples, { ...mode, dFeatures, gradient });
    strategy.loss += loss;
  }

  afterTrainingIteration(strategy: BaseStrategy): void {
    this.#memory.takeMinibatch(strategy);
  }

  #isReplaying(y: Int32Array): boolean {
    return y.length > this.#memory.current.length;
  }

  /** In the paper the pool begins with the minibatch itself: no sample is its own positive. */
  #listCandidates(current: Dataset, pool: Dataset): ContrastCandidates {
    const [y, others] = [current.targets, pool.targets];
    const count = pool.length;
    if (this.#compatibility === "paper") {
      const classes = new Set(y);
      return {
        count,
        isPositive: (row, candidate) => candidate !== row && others[candidate] === y[row],
        isNegative: (row, candidate) => others[candidate] !== y[row] && classes.has(elementAt(others, candidate)),
      };
    }
    const [tasks, otherTasks] = [current.targetsTaskLabels, pool.targetsTaskLabels];
    return {
      count,
      isPositive: (row, candidate) => others[candidate] === y[row],
      isNegative: (row, candidate) => others[candidate] !== y[row] && otherTasks[candidate] === tasks[row],
    };
  }
}

/** Experience replay with asymmetric metric learning: an `ERAMLPlugin` after the other plugins. */
export class ER_AML extends strategyWith(ERAMLPlugin, erAML.options) {}

/** By the names under which a list of methods loads them. */
export { ER_AML as strategy, ERAMLPlugin as plugin };
