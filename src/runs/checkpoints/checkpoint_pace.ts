/** What a checkpoint may write, beside vectors, for each experience since the one before. Vectors are weights, say. */
const BYTES_PER_EXPERIENCE = 100_000;

/** How much training may be lost when a process is killed, beside the experience that it was in. */
const MAX_MS = 10_000;

/** How a pace tells the time. */
export interface CheckpointPaceOptions {
  /** Milliseconds that only go up. Default: performance.now. */
  readonly now?: () => number;
}

/**
 * Decides after which experiences a checkpoint is written: after each, as long as it is small. One that has become
 * large, as it holds some hundred bytes for each experience so far, is written less often, but every ten seconds. So
 * what a run writes does not grow with the square of its experiences.
 */
export class CheckpointPace {
  readonly #now: () => number;
  #documentBytes = 0;
  #savedMs: number;
  #experiences = 0;

  constructor({ now = () => performance.now() }: CheckpointPaceOptions = {}) {
    this.#now = now;
    this.#savedMs = now();
  }

  /** Whether experiences were finished since the last checkpoint. */
  get isBehind(): boolean {
    return this.#experiences > 0;
  }

  /** Whether the time for another has come. */
  get isDue(): boolean {
    if (!this.isBehind) return false;
    const isSmall = this.#documentBytes <= this.#experiences * BYTES_PER_EXPERIENCE;
    return isSmall || this.#now() - this.#savedMs >= MAX_MS;
  }

  /** An experience is finished. */
  countExperience(): void {
    this.#experiences += 1;
  }

  /** A checkpoint was written. @param documentBytes What it held beside vectors. */
  noteSaved(documentBytes: number): void {
    this.#documentBytes = documentBytes;
    this.#experiences = 0;
    this.#savedMs = this.#now();
  }
}
