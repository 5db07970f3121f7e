import { elementAt } from "../../../core/element_at.ts";
import type { HostTensor } from "../../../core/host_tensor.ts";
import type { Metric } from "../metric.ts";
import { readClassCount } from "../predictions.ts";
import { parsePairs, parseRecord, parseRows } from "../saved_state.ts";

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
  readonly #byClass = new Map<number, { sum: number; count: number }>();
  readonly #newClasses = new Set<number>();

  /**
   * Adds a minibatch: `logits` [B, C], class ids `y` [B]. Both are borrowed.
   * @throws {RangeError} If there is not one row a label.
   */
  update(logits: HostTensor, y: Int32Array): void {
    const width = readClassCount("average scores", logits, y);
    for (let row = 0; row < y.length; row++) {
      const label = elementAt(y, row);
      const scores = this.#byClass.get(label) ?? { sum: 0, count: 0 };
      scores.sum += logits.data[row * width + label] ?? Number.NaN;
      scores.count += 1;
      this.#byClass.set(label, scores);
    }
  }

  /** Says that these classes are new; the others that are met are old. */
  addNewClasses(classes: readonly number[]): void {
    for (const label of classes) this.#newClasses.add(label);
  }

  /** The mean score of each class that was met, by class id. */
  resultByClass(): ReadonlyMap<number, number> {
    return new Map([...this.#byClass].sort(([a], [b]) => a - b).map(([label, { sum, count }]) => [label, sum / count]));
  }

  result(): MeanScoresResult {
    const newClasses = this.#average((label) => this.#newClasses.has(label));
    const oldClasses = this.#average((label) => !this.#newClasses.has(label));
    return {
      ...(newClasses === undefined ? {} : { newClasses }),
      ...(oldClasses === undefined ? {} : { oldClasses }),
      ...(newClasses === undefined || oldClasses === undefined ? {} : { difference: newClasses - oldClasses }),
    };
  }

  /** Forgets the scores and keeps which classes are new. */
  resetScores(): void {
    this.#byClass.clear();
  }

  reset(): void {
    this.#byClass.clear();
    this.#newClasses.clear();
  }

  save(): unknown {
    const scores = [...this.#byClass].map(([label, { sum, count }]) => [label, sum, count]);
    return { scores, newClasses: [...this.#newClasses].map((label) => [label, 1]) };
  }

  restore(state: unknown): void {
    const act = "the saved state of mean scores";
    const saved = parseRecord(act, state);
    const scores = parseRows(act, saved.scores);
    const newClasses = parsePairs(act, saved.newClasses);
    this.reset();
    for (const [label = 0, sum = 0, count = 0] of scores) this.#byClass.set(label, { sum, count });
    for (const [label] of newClasses) this.#newClasses.add(label);
  }

  #average(includes: (label: number) => boolean): number | undefined {
    let sum = 0;
    let count = 0;
    for (const [label, scores] of this.#byClass) {
      if (!includes(label)) continue;
      sum += scores.sum;
      count += scores.count;
    }
    return count === 0 ? undefined : sum / count;
  }
}
