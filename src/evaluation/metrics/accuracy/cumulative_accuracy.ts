import { elementAt } from "../../../core/element_at.ts";
import type { HostTensor } from "../../../core/host_tensor.ts";
import type { Metric } from "../metric.ts";
import { readClassCount } from "../predictions.ts";
import { parseRows } from "../saved_state.ts";

interface Counted {
  correct: number;
  total: number;
}

/**
 * For each trained experience t, the accuracy on samples of the classes seen up to t, where only these classes may be
 * predicted: what was lost by forgetting, apart from what new classes take away.
 * @see Soutif-Cormerais et al. 2021, arXiv:2106.11930
 */
export class CumulativeAccuracy implements Metric<ReadonlyMap<number, number>> {
  readonly #counts = new Map<number, Counted>();

  /**
   * Counts a minibatch: `logits` [B, C], class ids `y` [B]; `classesSeen` has the classes seen up to each experience.
   * All are borrowed.
   * @throws {RangeError} If there is not one row a label.
   */
  update(logits: HostTensor, y: Int32Array, classesSeen: ReadonlyMap<number, readonly number[]>): void {
    const width = readClassCount("count cumulative accuracy", logits, y);
    for (const [experience, seen] of classesSeen) {
      const count = this.#countOf(experience);
      const allowed = new Set(seen);
      const columns = [...allowed].filter((label) => label < width).sort((a, b) => a - b);
      for (let row = 0; row < y.length; row++) {
        const label = elementAt(y, row);
        if (!allowed.has(label)) continue;
        count.total += 1;
        if (findLargestOf(logits.data, row * width, columns) === label) count.correct += 1;
      }
    }
  }

  /** By experience; 0 where no sample was counted. */
  result(): ReadonlyMap<number, number> {
    return new Map([...this.#counts].map(([key, { correct, total }]) => [key, total === 0 ? 0 : correct / total]));
  }

  reset(): void {
    this.#counts.clear();
  }

  save(): unknown {
    return [...this.#counts].map(([key, { correct, total }]) => [key, correct, total]);
  }

  restore(state: unknown): void {
    const rows = parseRows("the saved state of cumulative accuracies", state);
    this.#counts.clear();
    for (const [key = 0, correct = 0, total = 0] of rows) this.#counts.set(key, { correct, total });
  }

  #countOf(experience: number): Counted {
    let count = this.#counts.get(experience);
    if (!count) {
      count = { correct: 0, total: 0 };
      this.#counts.set(experience, count);
    }
    return count;
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
