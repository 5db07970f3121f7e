import { resolveOptions } from "../../core/options/option_schema.ts";
import { assertSameLength, dot } from "../../core/vector.ts";
import { addScaled } from "../../kernels/add_scaled.ts";
import { EpisodicMemory } from "../../memory/buffers/episodic_memory.ts";
import { drawSamples } from "../../memory/selection/draw_samples.ts";
import type { BaseStrategy } from "../../training/loop/base_strategy.ts";
import type { Trait } from "../../training/loop/combination_rules.ts";
import type { PluginState, StrategyPlugin, StrategySetup } from "../../training/loop/strategy_plugin.ts";
import { assertRows } from "../shared/assert_rows.ts";
import { strategyWith } from "../strategy_with.ts";
import { type AGEMOptions, agem } from "./options.ts";

/**
 * Removes from `gradient` the part that raises the reference loss: g − (min(gᵀr, 0) / rᵀr) r, in place. Both are [P].
 * @throws {RangeError} If the lengths differ.
 * @see Chaudhry et al. 2019, Efficient Lifelong Learning with A-GEM, arXiv:1812.00420
 */
export function projectConflict(gradient: Float32Array, reference: Float32Array): void {
  assertSameLength("project the gradient", gradient, reference);
  const conflict = dot(gradient, reference);
  if (conflict < 0) addScaled(gradient, reference, -conflict / dot(reference, reference));
}

/**
 * A-GEM: no step may raise, to first order, the mean loss on a random sample of the past. The sample is drawn anew for
 * every step from the memories of all past experiences together, as in the paper (Avalanche draws equal numbers of
 * each).
 * @see Chaudhry et al. 2019, Efficient Lifelong Learning with A-GEM, arXiv:1812.00420
 */
export class AGEMPlugin implements StrategyPlugin {
  readonly name = "AGEMPlugin";
  readonly traits: readonly Trait[] = ["changesLoss"];
  readonly #memory: EpisodicMemory;
  readonly #sampleSize: number;

  /** @throws {RangeError} If a number is out of range. */
  constructor(given: AGEMOptions) {
    const options = resolveOptions("AGEMPlugin", given, agem.options);
    this.#memory = new EpisodicMemory(options.patternsPerExperience);
    this.#sampleSize = options.sampleSize ?? 64;
  }

  get state(): PluginState {
    return this.#memory;
  }

  assertUsable({ model }: StrategySetup): void {
    assertRows(this.name, model, { sampleSize: this.#sampleSize });
  }

  async afterBackward(strategy: BaseStrategy): Promise<void> {
    if (this.#memory.parts.length === 0) return;
    const samples = drawSamples(this.#memory.samples, this.#sampleSize, strategy.randomStreams.get("agem"));
    projectConflict(strategy.gradient, await strategy.gradientOn(samples, { training: true }));
  }

  afterTrainingExp(strategy: BaseStrategy): void {
    this.#memory.add(strategy.experience, strategy.randomStreams.get("agem"));
  }
}

/** Averaged gradient episodic memory: an `AGEMPlugin` after the other plugins. */
export class AGEM extends strategyWith(AGEMPlugin, agem.options) {}

/** By the names under which a list of methods loads them. */
export { AGEM as strategy, AGEMPlugin as plugin };
