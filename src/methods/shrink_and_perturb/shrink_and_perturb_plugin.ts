import { type ResolvedOptions, resolveOptions } from "../../core/options/option_schema.ts";
import type { RandomStream } from "../../core/random_stream.ts";
import { flushTiny } from "../../core/vector.ts";
import { isOnlineExperience } from "../../streams/online_experience.ts";
import type { BaseStrategy } from "../../training/loop/base_strategy.ts";
import type { Trait } from "../../training/loop/combination_rules.ts";
import type { StrategyPlugin } from "../../training/loop/strategy_plugin.ts";
import { countPastExperiences } from "../shared/count_past_experiences.ts";
import { type ShrinkAndPerturbOptions, shrinkAndPerturb } from "./options.ts";

/**
 * Shrink and perturb: θ ← λθ + p with p ~ N(0, σ²), drawn from the stream "shrink-and-perturb", so that a model that
 * was trained already learns the new as readily as a fresh one.
 * @see Ash and Adams 2020, On Warm-Starting Neural Network Training, arXiv:1910.08475
 */
export class ShrinkAndPerturbPlugin implements StrategyPlugin {
  readonly name = "ShrinkAndPerturbPlugin";
  readonly readsOutputs = false;
  /** Minibatches are left as they are. */
  readonly traits: readonly Trait[] = [];
  readonly #options: ResolvedOptions<typeof shrinkAndPerturb.options>;

  /** @throws {RangeError} If an option is out of range. */
  constructor(given: ShrinkAndPerturbOptions = {}) {
    this.#options = resolveOptions("ShrinkAndPerturbPlugin", given, shrinkAndPerturb.options);
  }

  beforeTrainingExp(strategy: BaseStrategy): void {
    const { experience } = strategy;
    const isNew = !isOnlineExperience(experience) || experience.isFirstSubexp;
    if (this.#options.every === "experience" && isNew && countPastExperiences(strategy) > 0) this.#apply(strategy);
  }

  afterTrainingIteration(strategy: BaseStrategy): void {
    const { every } = this.#options;
    if (typeof every === "number" && (strategy.clock.trainIterations + 1) % every === 0) this.#apply(strategy);
  }

  #apply({ parameters, randomStreams }: BaseStrategy): void {
    shrinkAndPerturbParameters(parameters, { ...this.#options, random: randomStreams.get("shrink-and-perturb") });
  }
}

/** θ ← shrink · θ + perturb · N(0, 1), in place, one draw a parameter. */
export function shrinkAndPerturbParameters(
  parameters: Float32Array,
  by: { readonly shrink: number; readonly perturb: number; readonly random: RandomStream },
): void {
  const { shrink, perturb, random } = by;
  for (let i = 0; i < parameters.length; i++) {
    parameters[i] = flushTiny(shrink * (parameters[i] ?? 0) + perturb * random.normal());
  }
}

/** By the names under which a list of methods loads them. */
export { ShrinkAndPerturbPlugin as plugin };
