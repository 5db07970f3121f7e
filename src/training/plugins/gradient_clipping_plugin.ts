import { assertInRange, cannot, RangeRefusal } from "../../core/errors.ts";
import { dot, scaleVector } from "../../core/vector.ts";
import type { BaseStrategy } from "../base_strategy.ts";
import type { Trait } from "../combination_rules.ts";
import type { StrategyPlugin } from "../strategy_plugin.ts";

/** How long a gradient, or how large an element of it, may be: one of the two. */
export interface GradientClippingOptions {
  /** The whole gradient is scaled down to this length. */
  readonly maxNorm?: number;
  /** Every element is cut off at ± this. */
  readonly maxValue?: number;
}

/**
 * Limits the gradient right before the optimizer steps, penalties and what other plugins did to it included. List it
 * after a plugin that accumulates gradients.
 * @see Pascanu et al. 2013, On the difficulty of training recurrent neural networks, arXiv:1211.5063
 */
export class GradientClippingPlugin implements StrategyPlugin {
  readonly name = "GradientClippingPlugin";
  readonly traits: readonly Trait[] = ["changesLoss"];
  readonly #options: GradientClippingOptions;

  /** @throws {RangeError} If there is not exactly one limit, or it is not above 0. */
  constructor(options: GradientClippingOptions) {
    const act = "create GradientClippingPlugin";
    const limits = Object.entries({ maxNorm: options.maxNorm, maxValue: options.maxValue });
    const given = limits.filter(([, limit]) => limit !== undefined);
    if (given.length !== 1) {
      throw new RangeRefusal(
        cannot(
          act,
          "either maxNorm or maxValue",
          given.map(([name]) => name),
        ),
      );
    }
    for (const [name, limit = 0] of given) assertInRange(act, name, limit, [Number.MIN_VALUE, Number.MAX_VALUE]);
    this.#options = options;
  }

  beforeUpdate({ gradient }: BaseStrategy): void {
    const { maxNorm, maxValue } = this.#options;
    if (maxNorm !== undefined) clipNorm(gradient, maxNorm);
    if (maxValue !== undefined) clipValues(gradient, maxValue);
  }
}

/** Scales a gradient [P] that is longer than `maxNorm` down to that length, in place. */
export function clipNorm(gradient: Float32Array, maxNorm: number): void {
  const norm = Math.sqrt(dot(gradient, gradient));
  if (norm > maxNorm) scaleVector(gradient, maxNorm / norm);
}

/** Cuts every element off at ± `maxValue`, in place. */
export function clipValues(gradient: Float32Array, maxValue: number): void {
  for (let i = 0; i < gradient.length; i++) {
    gradient[i] = Math.min(maxValue, Math.max(-maxValue, gradient[i] ?? 0));
  }
}
