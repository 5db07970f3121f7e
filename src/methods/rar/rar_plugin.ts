import { flattenRows, type HostTensor } from "../../core/host_tensor.ts";
import { type ResolvedOptions, resolveOptions } from "../../core/options/option_schema.ts";
import { createSharedFloat32 } from "../../core/shared/shared_memory.ts";
import { findRange } from "../../core/vector.ts";
import type { Dataset } from "../../data/dataset.ts";
import { CLASSES_ONLY } from "../../data/float_targets.ts";
import { readSamples } from "../../data/read_samples.ts";
import { ScratchSamples } from "../../data/scratch_samples.ts";
import { addScaled } from "../../kernels/add_scaled.ts";
import type { ExemplarsBuffer } from "../../memory/buffers/exemplars_buffer.ts";
import { resolveStoragePolicy } from "../../memory/buffers/resolve_storage_policy.ts";
import { drawSamples } from "../../memory/selection/draw_samples.ts";
import type { BaseStrategy } from "../../training/loop/base_strategy.ts";
import type { Trait } from "../../training/loop/combination_rules.ts";
import type { PluginState, StrategyPlugin, StrategySetup } from "../../training/loop/strategy_plugin.ts";
import { addCrossEntropy } from "../../training/losses/partial_cross_entropy.ts";
import { assertFeatureLayer, findFeatureLayer } from "../../training/model/named_layer.ts";
import { assertRows } from "../shared/assert_rows.ts";
import { findNearestOtherClasses, stepTowardsTarget } from "./adversarial_samples.ts";
import { type RAROptions, rar } from "./options.ts";

/**
 * Retrospective adversarial replay: adds (1 − β) · loss(remembered) + β · loss(perturbed) to every step, where
 * remembered samples are perturbed towards what they are in danger of being taken for: the class of the nearest sample
 * of another class in the minibatch, by features of the model one gradient step ahead. The attack is MI-FGSM on that
 * model; values stay within the range of those of the remembered samples and the minibatch. The memory takes in an
 * experience when it is over.
 *
 * Avalanche's plugin moves samples away from that class, picks the farthest sample, makes a step less, and clips to 0 …
 * 1 even where inputs are normalised otherwise; this one goes by the paper. MixUp of the paper's second part is not
 * there.
 * @see Kumari et al. 2022, Retrospective Adversarial Replay for Continual Learning, NeurIPS
 * (openreview.net/forum?id=XEoih0EwCwL)
 */
export class RARPlugin implements StrategyPlugin {
  readonly name = "RARPlugin";
  readonly targets = CLASSES_ONLY;
  readonly traits: readonly Trait[] = ["changesLoss", "needsHardLabels"];
  readonly storagePolicy: ExemplarsBuffer;
  readonly #options: ResolvedOptions<typeof rar.options>;
  readonly #batchSizeMem: number | undefined;
  readonly #layerName: string | undefined;
  readonly #perturbed = new ScratchSamples("perturbed samples");
  /** θ − η∇L [P], in shared memory so that replicas read it in place. */
  #virtual = createSharedFloat32(0);

  /** @throws {RangeError} If a number is out of range, or the storage policy keeps another number of samples. */
  constructor(given: RAROptions = {}) {
    const options = resolveOptions("RARPlugin", given, rar.options);
    this.storagePolicy = resolveStoragePolicy("RARPlugin", options);
    this.#options = options;
    this.#batchSizeMem = options.batchSizeMem;
    this.#layerName = options.layerName;
  }

  get state(): PluginState {
    return this.storagePolicy;
  }

  assertUsable({ model }: StrategySetup): void {
    assertFeatureLayer("RARPlugin", model, this.#layerName);
    assertRows(this.name, model, { memSize: this.storagePolicy.maxSize, batchSizeMem: this.#batchSizeMem });
  }

  async afterBackward(strategy: BaseStrategy): Promise<void> {
    const { buffer } = this.storagePolicy;
    if (buffer.length === 0) return;
    const { beta } = this.#options;
    const count = this.#batchSizeMem ?? strategy.trainMbSize;
    const remembered = drawSamples(buffer, count, strategy.randomStreams.get("rar"));
    // First, as it goes by the gradient of the minibatch alone.
    const perturbed = beta > 0 ? await this.#perturb(strategy, remembered) : undefined;
    if (beta < 1) await addReplay(strategy, remembered, 1 - beta);
    if (perturbed) await addReplay(strategy, perturbed, beta);
  }

  async afterTrainingExp(strategy: BaseStrategy): Promise<void> {
    await this.storagePolicy.update(strategy);
  }

  /** The samples, moved towards the classes that they are nearest to; good until the next call. */
  async #perturb(strategy: BaseStrategy, remembered: Dataset): Promise<Dataset> {
    const { epsilon, iterations, decay } = this.#options;
    const { cluster } = strategy;
    const parameters = this.#lookAhead(strategy);
    const targets = await this.#chooseTargets(strategy, remembered, parameters);
    const { targets: y, targetsTaskLabels: taskLabels } = remembered;
    const x = readSamples(remembered);
    const range = findRange(x.data, strategy.mbX.data);
    const momentum = new Float32Array(x.data.length);
    let samples = this.#perturbed.write({ x, y, taskLabels });
    for (let step = 0; step < iterations; step++) {
      const output = await strategy.forwardWith(parameters, samples);
      const request = { samples, training: false, dropoutStep: 0, parameters };
      const { data: gradient } = await cluster.rowResults.inputGradients(
        request,
        differentiateTargets(output, targets),
      );
      stepTowardsTarget({ x, momentum, gradient, decay, stepSize: epsilon / iterations, range });
      samples = this.#perturbed.write({ x, y, taskLabels });
    }
    return samples;
  }

  #lookAhead({ parameters, gradient }: BaseStrategy): Float32Array {
    if (this.#virtual.length !== parameters.length) this.#virtual = createSharedFloat32(parameters.length);
    this.#virtual.set(parameters);
    addScaled(this.#virtual, gradient, -this.#options.virtualLearningRate);
    return this.#virtual;
  }

  async #chooseTargets(strategy: BaseStrategy, remembered: Dataset, parameters: Float32Array): Promise<Int32Array> {
    const { mbatch, cluster, model, augmentation } = strategy;
    const layerName = this.#layerName ?? findFeatureLayer(model);
    const request = { training: false, dropoutStep: 0, augmentation, parameters };
    const others = flattenRows(await cluster.activations({ ...request, samples: mbatch }, layerName));
    const features = flattenRows(await cluster.activations({ ...request, samples: remembered }, layerName));
    return findNearestOtherClasses({ features, y: remembered.targets }, { features: others, y: mbatch.targets });
  }
}

/** Adds weight · mean loss of the samples to the step. */
async function addReplay(strategy: BaseStrategy, samples: Dataset, weight: number): Promise<void> {
  const { loss, gradient } = await strategy.lossAndGradientOn(samples, { training: true });
  addScaled(strategy.gradient, gradient, weight);
  strategy.loss += weight * loss;
}

/**
 * The gradient of the rows' cross-entropies towards their targets with respect to outputs [B, C]; 0 for a row without
 * one.
 */
function differentiateTargets(output: HostTensor, targets: Int32Array): Float32Array {
  const dOutput = new Float32Array(output.data.length);
  for (const [row, target] of targets.entries()) {
    if (target >= 0) addCrossEntropy(output, targets, { rows: { start: row, end: row + 1 }, dOutput });
  }
  return dOutput;
}

/** By the names under which a list of methods loads them. */
export { RARPlugin as plugin };
