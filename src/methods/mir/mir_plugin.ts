import { elementAt } from "../../core/element_at.ts";
import { resolveOptions } from "../../core/options/option_schema.ts";
import { createSharedFloat32 } from "../../core/shared/shared_memory.ts";
import type { Dataset } from "../../data/dataset.ts";
import { CLASSES_ONLY, TARGET_KINDS, type TargetKind } from "../../data/float_targets.ts";
import { addScaled } from "../../kernels/add_scaled.ts";
import type { ExemplarsBuffer } from "../../memory/buffers/exemplars_buffer.ts";
import { resolveStoragePolicy } from "../../memory/buffers/resolve_storage_policy.ts";
import { drawSamples } from "../../memory/selection/draw_samples.ts";
import { descend } from "../../optimizers/step_segments.ts";
import type { BaseStrategy } from "../../training/loop/base_strategy.ts";
import type { Trait } from "../../training/loop/combination_rules.ts";
import type { PluginState, StrategyPlugin, StrategySetup } from "../../training/loop/strategy_plugin.ts";
import { assertRows } from "../shared/assert_rows.ts";
import { strategyWith } from "../strategy_with.ts";
import { type MIROptions, mir } from "./options.ts";
import { computeSampleLosses } from "./sample_losses.ts";

/**
 * Maximally interfered retrieval (ER-MIR): replays those remembered samples whose loss the step on the new minibatch
 * would raise most. Every step is tried out as plain gradient descent θ − η∇L with the optimizer's learning rate; the
 * mean loss of the samples chosen is added to the step.
 * @see Aljundi et al. 2019, Online Continual Learning with Maximally Interfered Retrieval, arXiv:1908.04742
 */
export class MIRPlugin implements StrategyPlugin {
  readonly name = "MIRPlugin";
  readonly traits: readonly Trait[] = ["changesLoss", "needsHardLabels"];
  readonly storagePolicy: ExemplarsBuffer;
  readonly #subsample: number;
  readonly #batchSizeMem: number | undefined;
  readonly #leavesClassesOut: boolean;
  /** θ − η∇L [P], in shared memory so that replicas read it in place. */
  #virtual = createSharedFloat32(0);

  /** @throws {RangeError} If a number is out of range, or the storage policy keeps another number of samples. */
  constructor(given: MIROptions = {}) {
    const options = resolveOptions("MIRPlugin", given, mir.options);
    const { subsample, batchSizeMem, compatibility } = options;
    this.#leavesClassesOut = compatibility === "avalanche";
    const { memSize, storagePolicy = this.#leavesClassesOut ? "class-balanced" : "reservoir" } = options;
    this.storagePolicy = resolveStoragePolicy("MIRPlugin", { memSize, storagePolicy });
    this.#subsample = subsample;
    this.#batchSizeMem = batchSizeMem;
  }

  get targets(): readonly TargetKind[] {
    return this.#leavesClassesOut ? CLASSES_ONLY : TARGET_KINDS;
  }

  get state(): PluginState {
    return this.storagePolicy;
  }

  assertUsable({ model }: StrategySetup): void {
    assertRows(this.name, model, { memSize: this.storagePolicy.maxSize, batchSizeMem: this.#batchSizeMem });
  }

  async afterBackward(strategy: BaseStrategy): Promise<void> {
    const candidates = this.#drawCandidates(strategy);
    if (candidates.length === 0) return;
    const interference = await this.#measureInterference(strategy, candidates);
    const chosen = selectLargest(interference, this.#batchSizeMem ?? strategy.trainMbSize);
    const { loss, gradient } = await strategy.lossAndGradientOn(candidates.subset(chosen), { training: true });
    addScaled(strategy.gradient, gradient, 1);
    strategy.loss += loss;
  }

  async afterTrainingExp(strategy: BaseStrategy): Promise<void> {
    await this.storagePolicy.update(strategy);
  }

  #drawCandidates({ randomStreams, mbY }: BaseStrategy): Dataset {
    const { buffer } = this.storagePolicy;
    const random = randomStreams.get("mir");
    if (!this.#leavesClassesOut) return drawSamples(buffer, this.#subsample, random);
    const present = new Set(mbY);
    const others = [...buffer.targets.keys()].filter((position) => !present.has(elementAt(buffer.targets, position)));
    return drawSamples(buffer.subset(others), this.#subsample, random);
  }

  /** How much the loss of each sample would rise. */
  async #measureInterference(strategy: BaseStrategy, samples: Dataset): Promise<Float64Array> {
    const { parameters, gradient, presentRates: optimizer, options, cluster } = strategy;
    if (this.#virtual.length !== parameters.length) this.#virtual = createSharedFloat32(parameters.length);
    this.#virtual.set(parameters);
    descend({ parameters: this.#virtual, gradient }, { optimizer, layout: cluster.model.layout });
    const before = await strategy.forwardWith(parameters, samples);
    const after = await strategy.forwardWith(this.#virtual, samples);
    const rise = await computeSampleLosses(options.criterion, after, samples);
    const losses = await computeSampleLosses(options.criterion, before, samples);
    for (let i = 0; i < rise.length; i++) rise[i] = (rise[i] ?? 0) - (losses[i] ?? 0);
    return rise;
  }
}

/** Maximally interfered retrieval: an `MIRPlugin` after the other plugins. */
export class MIR extends strategyWith(MIRPlugin, mir.options) {}

/** Positions of the `count` largest values, largest first; the first of equals wins. */
export function selectLargest(values: Float64Array, count: number): Int32Array<ArrayBuffer> {
  const order = Int32Array.from(values, (_, i) => i);
  return order.sort((a, b) => (values[b] ?? 0) - (values[a] ?? 0) || a - b).slice(0, count);
}

/** By the names under which a list of methods loads them. */
export { MIR as strategy, MIRPlugin as plugin };
