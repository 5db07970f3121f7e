import { Mean } from "../mean.ts";
import type { Metric } from "../metric.ts";

/** The mean loss of a sample: minibatch losses weighted by their lengths; 0 while nothing was added. */
export class Loss implements Metric<number> {
  readonly #mean = new Mean();
  readonly save = this.#mean.save;
  readonly restore = this.#mean.restore;
  readonly reset = this.#mean.reset;

  /** Adds a minibatch's mean loss. */
  update(loss: number, batchLength: number): void {
    this.#mean.update(loss, batchLength);
  }

  result(): number {
    return this.#mean.result();
  }
}
