import { elementAt } from "../../../core/element_at.ts";
import type { HostTensor } from "../../../core/host_tensor.ts";
import { count, declareState, list, record } from "../../../core/state/state.ts";
import { readTargetWidth } from "../loss/regression_shapes.ts";
import type { Metric } from "../metric.ts";

/** How often a label was predicted and was there. */
const LABEL_COUNTS = record({ right: count(), predicted: count(), actual: count() });

/**
 * F1 of each label, 2 · right / (predicted + actual), and of all labels the plain mean; 0 while nothing was added. A
 * label is predicted where its logit is above 0. One that was never predicted and never there counts 0, as in
 * scikit-learn (`f1_score(average="macro")`).
 */
export class MacroF1 implements Metric<number> {
  readonly #state = declareState("a macro F1", { labels: list(LABEL_COUNTS), total: count() });
  readonly save = this.#state.save;
  readonly restore = this.#state.restore;
  readonly reset = this.#state.reset;

  /** Samples counted so far. */
  get total(): number {
    return this.#state.total;
  }

  /**
   * Adds a minibatch: logits and labels of 0 and 1, both [B, T] and borrowed.
   * @throws {RangeError} If they have not one shape.
   */
  update(logits: HostTensor, labels: HostTensor): void {
    const width = readTargetWidth("MacroF1", logits, labels);
    const { labels: counts } = this.#state;
    while (counts.length < width) counts.push(LABEL_COUNTS.create());
    for (let i = 0; i < labels.data.length; i++) {
      const label = elementAt(counts, i % width);
      const [isPredicted, isThere] = [(logits.data[i] ?? 0) > 0, labels.data[i] === 1];
      if (isPredicted) label.predicted += 1;
      if (isThere) label.actual += 1;
      if (isPredicted && isThere) label.right += 1;
    }
    this.#state.total += elementAt(labels.shape, 0);
  }

  result(): number {
    const { labels } = this.#state;
    if (labels.length === 0) return 0;
    const scores = labels.map(({ right, predicted, actual }) => (right === 0 ? 0 : (2 * right) / (predicted + actual)));
    return scores.reduce((sum, score) => sum + score, 0) / scores.length;
  }
}
