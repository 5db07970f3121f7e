import { RangeRefusal } from "../../core/errors/errors.ts";
import { resolveOptions } from "../../core/options/option_schema.ts";
import { dot, scaleVector } from "../../core/vector.ts";
import type { BaseStrategy } from "../../training/loop/base_strategy.ts";
import type { Trait } from "../../training/loop/combination_rules.ts";
import type { StrategyPlugin } from "../../training/loop/strategy_plugin.ts";
import { type GradientClippingOptions, gradientClipping } from "./options.ts";

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
  constructor(given: GradientClippingOptions) {
    const subject = "GradientClippingPlugin";
    const options = resolveOptions(subject, given, gradientClipping.options);
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

/** By the names under which a list of methods loads them. */
export { GradientClippingPlugin as plugin };
