import { flushTiny } from "../../src/core/vector.ts";

/**
 * The kernels one element at a time, each operation rounded to float32: what the compiled ones are held to, bit by bit.
 * Each returns what it makes of the numbers it is given.
 */

const f = Math.fround;
const LEAST_NORMAL = 2 ** -126;
const LEAST_ROOT = 2 ** -63;

function flush(x: number, least: number): number {
  return Math.abs(x) < least ? 0 : x;
}

function decayed(g: number, theta: number, decay: number): number {
  return f(g + f(f(decay) * theta));
}

/** The new θ. */
export function slowPlain(theta: number, gradient: number, by: { rate: number; decay: number }): number {
  const g = flushTiny(decayed(gradient, theta, by.decay));
  return flushTiny(f(theta - f(f(by.rate) * g)));
}

/** The constants of a step with momentum. */
export interface MomentumConstants {
  readonly rate: number;
  readonly momentum: number;
  readonly share: number;
  readonly decay: number;
  readonly nesterov: boolean;
}

/** The new θ and v. */
export function slowMomentum([theta = 0, gradient = 0, velocity = 0]: number[], by: MomentumConstants): number[] {
  const [rate, momentum, share] = [f(by.rate), f(by.momentum), f(by.share)];
  const isPlain = share === 1 && by.decay === 0 && !by.nesterov;
  const g = isPlain ? gradient : flushTiny(decayed(gradient, theta, by.decay));
  const v = flushTiny(f(f(momentum * velocity) + f(share * g)));
  const direction = by.nesterov ? f(g + f(momentum * v)) : v;
  return [flushTiny(f(theta - f(rate * direction))), v];
}

/** The constants of a step of Adam. */
export interface AdamConstants {
  readonly stepSize: number;
  readonly beta1: number;
  readonly beta2: number;
  readonly correction: number;
  readonly epsilon: number;
  readonly shrink: number;
  readonly decay: number;
  readonly root: number;
}

/** The new θ, m and s. */
export function slowAdam([theta = 0, gradient = 0, first = 0, second = 0]: number[], by: AdamConstants): number[] {
  const g = flush(decayed(gradient, theta, by.decay), f(by.root));
  const m = flushTiny(f(f(f(by.beta1) * first) + f(f(1 - by.beta1) * g)));
  const s = flush(f(f(f(by.beta2) * second) + f(f(f(1 - by.beta2) * g) * g)), LEAST_NORMAL);
  const spread = f(f(f(Math.sqrt(s)) * f(by.correction)) + f(by.epsilon));
  const step = f(f(f(by.stepSize) * m) / spread);
  return [flushTiny(f(f(f(by.shrink) * theta) - step)), m, s];
}

/** The constants of a step of RMSprop. */
export interface RmspropConstants {
  readonly rate: number;
  readonly alpha: number;
  readonly momentum: number;
  readonly epsilon: number;
  readonly decay: number;
  readonly centered: boolean;
  readonly root: number;
}

/** The new θ, s, v and a. */
export function slowRmsprop(
  [theta = 0, gradient = 0, square = 0, velocity = 0, mean = 0]: number[],
  by: RmspropConstants,
): number[] {
  const [alpha, rest] = [f(by.alpha), f(1 - by.alpha)];
  const g = flush(decayed(gradient, theta, by.decay), f(by.root));
  const s = flush(f(f(alpha * square) + f(f(rest * g) * g)), LEAST_NORMAL);
  const a = by.centered ? flush(f(f(alpha * mean) + f(rest * g)), LEAST_ROOT) : mean;
  const variance = by.centered ? f(s - f(a * a)) : s;
  const spread = f(f(Math.sqrt(Math.max(variance, 0))) + f(by.epsilon));
  const v = flushTiny(f(f(f(by.momentum) * velocity) + f(g / spread)));
  return [flushTiny(f(theta - f(f(by.rate) * v))), s, v, a];
}

/** The new θ and s. */
export function slowAdagrad(
  [theta = 0, gradient = 0, sum = 0]: number[],
  by: { readonly rate: number; readonly epsilon: number; readonly decay: number },
): number[] {
  const g = flush(decayed(gradient, theta, by.decay), LEAST_ROOT);
  const s = flush(f(sum + f(g * g)), LEAST_NORMAL);
  const spread = f(f(Math.sqrt(s)) + f(by.epsilon));
  return [flushTiny(f(theta - f(f(f(by.rate) * g) / spread))), s];
}

/** The new g, and the term of the penalty's value. */
export function slowPenalty([gradient = 0, theta = 0, a = 0, b = 0]: number[], factor: number): number[] {
  const pull = f(flushTiny(a) * theta);
  const change = f(f(factor) * flushTiny(f(pull - b)));
  return [f(gradient + change), f(theta * f(pull - f(b + b)))];
}
