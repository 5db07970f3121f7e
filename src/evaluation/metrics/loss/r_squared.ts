import { elementAt } from "../../../core/element_at.ts";
import type { HostTensor } from "../../../core/host_tensor.ts";
import { count, declareState, list, number, record, type ValueOf } from "../../../core/state/state.ts";
import type { Metric } from "../metric.ts";
import { readTargetWidth } from "./regression_shapes.ts";

/** Sums of one target: as many as samples in it, so that targets may come later than others. */
const TARGET_SUMS = record({
  count: count(),
  mean: number(),
  /** Σ (target − mean)² */
  spread: number(),
  /** Σ (prediction − target)² */
  error: number(),
});
type TargetSums = ValueOf<typeof TARGET_SUMS>;

/**
 * The coefficient of determination, 1 − Σ (prediction − target)² / Σ (target − mean)², of each target over all samples,
 * and of several targets the mean; 0 while nothing was added. A target that does not vary counts 1 where it is met
 * exactly and 0 otherwise. Departs from Avalanche, which takes the mean over minibatches, each with a mean of its own.
 */
export class R2 implements Metric<number> {
  readonly #state = declareState("a coefficient of determination", { targets: list(TARGET_SUMS), total: count() });
  readonly save = this.#state.save;
  readonly restore = this.#state.restore;
  readonly reset = this.#state.reset;

  /** Samples counted so far. */
  get total(): number {
    return this.#state.total;
  }

  /**
   * Adds a minibatch: predictions and targets, both [B, D] and borrowed.
   * @throws {RangeError} If they have not one shape.
   */
  update(predicted: HostTensor, target: HostTensor): void {
    const width = readTargetWidth("R2", predicted, target);
    const { targets } = this.#state;
    while (targets.length < width) targets.push(TARGET_SUMS.create());
    for (let i = 0; i < target.data.length; i++) {
      const sums = targets[i % width];
      if (sums) addTarget(sums, target.data[i] ?? 0, predicted.data[i] ?? 0);
    }
    this.#state.total += elementAt(target.shape, 0);
  }

  result(): number {
    const scores = this.#state.targets.filter(({ count }) => count > 0).map(scoreTarget);
    return scores.length === 0 ? 0 : scores.reduce((sum, score) => sum + score, 0) / scores.length;
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
