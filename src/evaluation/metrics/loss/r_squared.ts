import { elementAt } from "../../../core/element_at.ts";
import { needs, TypeRefusal } from "../../../core/errors/errors.ts";
import type { HostTensor } from "../../../core/host_tensor.ts";
import type { Metric } from "../metric.ts";
import { parseRows } from "../saved_state.ts";
import { readTargetWidth } from "./regression_shapes.ts";

/** Sums of one target: as many as samples in it, so that targets may come later than others. */
interface TargetSums {
  count: number;
  mean: number;
  /** Σ (target − mean)² */
  spread: number;
  /** Σ (prediction − target)² */
  error: number;
}

/**
 * The coefficient of determination, 1 − Σ (prediction − target)² / Σ (target − mean)², of each target over all samples,
 * and of several targets the mean; 0 while nothing was added. A target that does not vary counts 1 where it is met
 * exactly and 0 otherwise. Departs from Avalanche, which takes the mean over minibatches, each with a mean of its own.
 */
export class R2 implements Metric<number> {
  #targets: TargetSums[] = [];
  #total = 0;

  /** Samples counted so far. */
  get total(): number {
    return this.#total;
  }

  /**
   * Adds a minibatch: predictions and targets, both [B, D] and borrowed.
   * @throws {RangeError} If they have not one shape.
   */
  update(predicted: HostTensor, target: HostTensor): void {
    const width = readTargetWidth("R2", predicted, target);
    while (this.#targets.length < width) this.#targets.push({ count: 0, mean: 0, spread: 0, error: 0 });
    for (let i = 0; i < target.data.length; i++) {
      const sums = this.#targets[i % width];
      if (sums) addTarget(sums, target.data[i] ?? 0, predicted.data[i] ?? 0);
    }
    this.#total += elementAt(target.shape, 0);
  }

  result(): number {
    const scores = this.#targets.filter(({ count }) => count > 0).map(scoreTarget);
    return scores.length === 0 ? 0 : scores.reduce((sum, score) => sum + score, 0) / scores.length;
  }

  reset(): void {
    this.#targets = [];
    this.#total = 0;
  }

  save(): number[][] {
    return [[this.#total], ...this.#targets.map(({ count, mean, spread, error }) => [count, mean, spread, error])];
  }

  restore(state: unknown): void {
    const act = "the saved state of a coefficient of determination";
    const [[total] = [], ...targets] = parseRows(act, state);
    if (total === undefined) throw new TypeRefusal(needs(act, "a number of samples first", state));
    this.#targets = targets.map(([count = 0, mean = 0, spread = 0, error = 0]) => ({ count, mean, spread, error }));
    this.#total = total;
  }
}

/** Welford's way of adding to a mean and a spread: it loses nothing where the mean is large. */
function addTarget(sums: TargetSums, target: number, predicted: number): void {
  sums.count += 1;
  const difference = target - sums.mean;
  sums.mean += difference / sums.count;
  sums.spread += difference * (target - sums.mean);
  sums.error += (predicted - target) ** 2;
}

function scoreTarget({ spread, error }: TargetSums): number {
  if (spread !== 0 || Number.isNaN(error)) return 1 - error / spread;
  return error === 0 ? 1 : 0;
}
