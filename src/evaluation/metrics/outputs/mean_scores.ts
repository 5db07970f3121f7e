import { elementAt } from "../../../core/element_at.ts";
import { findOrCreate } from "../../../core/find_or_create.ts";
import type { HostTensor } from "../../../core/host_tensor.ts";
import { count, declareState, idSet, mapById, number, record } from "../../../core/state/state.ts";
import type { Metric } from "../metric.ts";
import { readClassCount } from "../predictions.ts";

/** Mean logits of the true class; a part without samples is absent. */
export interface MeanScoresResult {
  /** Over samples of classes that are new. */
  readonly newClasses?: number;
  /** Over samples of the others. */
  readonly oldClasses?: number;
  /** newClasses − oldClasses: how far new classes are favoured. */
  readonly difference?: number;
}

/**
 * The mean logit of the true class, over samples of new and of old classes: a learner that favours new classes gives
 * them higher scores.
 * @see Belouadah and Popescu 2019, IL2M: class incremental learning with dual memory, ICCV
 */
export class MeanScores implements Metric<MeanScoresResult> {
  readonly #state = declareState("mean scores", {
    byClass: mapById(record({ sum: number(), count: count() })),
    newClasses: idSet(),
  });
  readonly save = this.#state.save;
  readonly restore = this.#state.restore;
  readonly reset = this.#state.reset;

  /**
   * Adds a minibatch: `logits` [B, C], class ids `y` [B]. Both are borrowed.
   * @throws {RangeError} If there is not one row a label.
   */
  update(logits: HostTensor, y: Int32Array): void {
    const width = readClassCount("average scores", logits, y);
    for (let row = 0; row < y.length; row++) {
      const label = elementAt(y, row);
      const scores = findOrCreate(this.#state.byClass, label, () => ({ sum: 0, count: 0 }));
      scores.sum += logits.data[row * width + label] ?? Number.NaN;
      scores.count += 1;
    }
  }

  /** Says that these classes are new; the others that are met are old. */
  addNewClasses(classes: readonly number[]): void {
    for (const label of classes) this.#state.newClasses.add(label);
  }

  /** The mean score of each class that was met, by class id. */
  resultByClass(): ReadonlyMap<number, number> {
    return new Map(
      [...this.#state.byClass].sort(([a], [b]) => a - b).map(([label, { sum, count }]) => [label, sum / count]),
    );
  }

  result(): MeanScoresResult {
    const newClasses = this.#average((label) => this.#state.newClasses.has(label));
    const oldClasses = this.#average((label) => !this.#state.newClasses.has(label));
    return {
      ...(newClasses === undefined ? {} : { newClasses }),
      ...(oldClasses === undefined ? {} : { oldClasses }),
      ...(newClasses === undefined || oldClasses === undefined ? {} : { difference: newClasses - oldClasses }),
    };
  }

  /** Forgets the scores and keeps which classes are new. */
  resetScores(): void {
    this.#state.byClass.clear();
  }

  #average(includes: (label: number) => boolean): number | undefined {
    let sum = 0;
    let total = 0;
    for (const [label, scores] of this.#state.byClass) {
      if (!includes(label)) continue;
      sum += scores.sum;
      total += scores.count;
    }
    return total === 0 ? undefined : sum / total;
  }
}
