import { elementAt } from "../../../core/element_at.ts";
import { findOrCreate } from "../../../core/find_or_create.ts";
import type { HostTensor } from "../../../core/host_tensor.ts";
import { count, declareState, mapById, record } from "../../../core/state/state.ts";
import type { Metric } from "../metric.ts";
import { readClassCount } from "../predictions.ts";

const COUNTED = record({ correct: count(), total: count() });

/**
 * For each trained experience t, the accuracy on samples of the classes seen up to t, where only these classes may be
 * predicted: what was lost by forgetting, apart from what new classes take away.
 * @see Soutif-Cormerais et al. 2021, arXiv:2106.11930
 */
export class CumulativeAccuracy implements Metric<ReadonlyMap<number, number>> {
  readonly #state = declareState("cumulative accuracies", { counts: mapById(COUNTED) });
  readonly save = this.#state.save;
  readonly restore = this.#state.restore;
  readonly reset = this.#state.reset;

  /**
   * Counts a minibatch: `logits` [B, C], class ids `y` [B]; `classesSeen` has the classes seen up to each experience.
   * All are borrowed.
   * @throws {RangeError} If there is not one row a label.
   */
  update(logits: HostTensor, y: Int32Array, classesSeen: ReadonlyMap<number, readonly number[]>): void {
    const width = readClassCount("count cumulative accuracy", logits, y);
    for (const [experience, seen] of classesSeen) {
      const counted = findOrCreate(this.#state.counts, experience, () => COUNTED.create());
      const allowed = new Set(seen);
      const columns = [...allowed].filter((label) => label < width).sort((a, b) => a - b);
      for (let row = 0; row < y.length; row++) {
        const label = elementAt(y, row);
        if (!allowed.has(label)) continue;
        counted.total += 1;
        if (findLargestOf(logits.data, row * width, columns) === label) counted.correct += 1;
      }
    }
  }

  /** By experience; 0 where no sample was counted. */
  result(): ReadonlyMap<number, number> {
    return new Map(
      [...this.#state.counts].map(([key, { correct, total }]) => [key, total === 0 ? 0 : correct / total]),
    );
  }
}

/** The column at which the row that starts at `start` is largest, the first of equals; −1 where one of them is NaN. */
function findLargestOf(values: Float32Array, start: number, columns: readonly number[]): number {
  let best = -1;
  let bestValue = Number.NEGATIVE_INFINITY;
  for (const column of columns) {
    const value = values[start + column] ?? Number.NaN;
    if (Number.isNaN(value)) return -1;
    if (best < 0 || value > bestValue) {
      best = column;
      bestValue = value;
    }
  }
  return best;
}
