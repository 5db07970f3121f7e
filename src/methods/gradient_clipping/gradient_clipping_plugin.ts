import { RangeRefusal } from "../../core/errors/errors.ts";
import { assertOptions, type OptionRules } from "../../core/options/assert_options.ts";
import { number } from "../../core/options/value_rules.ts";
import { dot, scaleVector } from "../../core/vector.ts";
import type { BaseStrategy } from "../../training/loop/base_strategy.ts";
import type { Trait } from "../../training/loop/combination_rules.ts";
import type { StrategyPlugin } from "../../training/loop/strategy_plugin.ts";

/** How long a gradient, or how large an element of it, may be: one of the two. */
export interface GradientClippingOptions {
  /** The whole gradient is scaled down to this length. */
  readonly maxNorm?: number;
  /** Every element is cut off at ± this. */
  readonly maxValue?: number;
}

const GRADIENT_CLIPPING_RULES: OptionRules<GradientClippingOptions> = {
  maxNorm: number({ above: 0 }),
  maxValue: number({ above: 0 }),
};

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
    const subject = "GradientClippingPlugin";
    assertOptions(subject, options, GRADIENT_CLIPPING_RULES);
    const { maxNorm, maxValue } = options;
    if (maxNorm === undefined && maxValue === undefined) {
      throw new RangeRefusal(`${subject}: maxNorm or maxValue is required`);
    }
    if (maxNorm !== undefined && maxValue !== undefined) {
      throw new RangeRefusal(`${subject}: maxNorm and maxValue exclude each other`);
    }
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
