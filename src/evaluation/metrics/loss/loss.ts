import { Mean } from "../mean.ts";
import type { Metric } from "../metric.ts";

/** The mean loss of a sample: minibatch losses weighted by their lengths; 0 while nothing was added. */
export class Loss implements Metric<number> {
  readonly #mean = new Mean();

  /** Adds a minibatch's mean loss. */
  update(loss: number, batchLength: number): void {
    this.#mean.update(loss, batchLength);
  }

  result(): number {
    return this.#mean.result();
  }

  reset(): void {
    this.#mean.reset();
  }

  save(): unknown {
    return this.#mean.save();
  }

  restore(state: unknown): void {
    this.#mean.restore(state);
  }
}
