import { resolveOptions } from "../../core/options/option_schema.ts";
import { ScaledVectors } from "../../kernels/scaled_vectors.ts";
import { EpisodicMemory } from "../../memory/buffers/episodic_memory.ts";
import type { BaseStrategy } from "../../training/loop/base_strategy.ts";
import type { Trait } from "../../training/loop/combination_rules.ts";
import type { PluginState, StrategyPlugin, StrategySetup } from "../../training/loop/strategy_plugin.ts";
import { assertRows } from "../shared/assert_rows.ts";
import { strategyWith } from "../strategy_with.ts";
import { type GEMOptions, gem } from "./options.ts";
import { holdGradient, projectOntoMemories } from "./project_gradient.ts";

/**
 * GEM: no step may raise, to first order, the loss on the memory of any past experience. Every step computes one
 * gradient an experience, of all that is remembered of it; the step's own gradient is moved the least way that fits
 * them all.
 * @see Lopez-Paz and Ranzato 2017, Gradient Episodic Memory for Continual Learning, arXiv:1706.08840
 */
export class GEMPlugin implements StrategyPlugin {
  readonly name = "GEMPlugin";
  readonly traits: readonly Trait[] = ["changesLoss"];
  readonly #memory: EpisodicMemory;
  readonly #memoryStrength: number;
  /** One gradient [P] an experience, written anew at every step, and the step's own. */
  readonly #gradients = new ScaledVectors();

  /** @throws {RangeError} If an option is out of range. */
  constructor(given: GEMOptions) {
    const options = resolveOptions("GEMPlugin", given, gem.options);
    this.#memory = new EpisodicMemory(options.patternsPerExperience);
    this.#memoryStrength = options.memoryStrength ?? 0.5;
  }

  get state(): PluginState {
    return this.#memory;
  }

  assertUsable({ model }: StrategySetup): void {
    assertRows(this.name, model, { patternsPerExperience: this.#memory.patternsPerExperience });
  }

  async afterBackward(strategy: BaseStrategy): Promise<void> {
    const { parts } = this.#memory;
    if (parts.length === 0) return;
    const memories = { vectors: this.#gradients, count: parts.length };
    memories.vectors.reserve(parts.length + 1, strategy.gradient.length);
    for (const [index, samples] of parts.entries()) {
      holdGradient(memories.vectors, index, await strategy.gradientOn(samples, { training: true }));
    }
    projectOntoMemories(strategy.gradient, memories, this.#memoryStrength);
  }

  afterTrainingExp(strategy: BaseStrategy): void {
    this.#memory.add(strategy.experience, strategy.randomStreams.get("gem"));
  }
}

/** Gradient episodic memory: a `GEMPlugin` after the other plugins. */
export class GEM extends strategyWith(GEMPlugin, gem.options) {}

/** By the names under which a list of methods loads them. */
export { GEM as strategy, GEMPlugin as plugin };
