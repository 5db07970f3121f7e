import { formatProgress, type RateUnit } from "./progress.ts";

/** The least time between two drawings. */
const redrawMs = 100;

/** Where a bar is drawn, and the clock that it goes by. */
export interface ProgressBarOptions {
  readonly label: string;
  readonly total: number;
  /** Iterations that another process has done; they count, but not for the rate. */
  readonly done?: number;
  /** What is counted a second. */
  readonly unit: RateUnit;
  /** Shows the line in place of what it showed before. */
  readonly draw: (line: string) => void;
  /** Milliseconds that only go up. */
  readonly now: () => number;
  /** Columns that a line may have. */
  readonly width: number;
}

/** Follows the iterations of one epoch and draws itself at most ten times a second. */
export class ProgressBar {
  readonly #options: ProgressBarOptions;
  readonly #startMs: number;
  #drawnMs = Number.NEGATIVE_INFINITY;
  readonly #doneBefore: number;
  #done = 0;
  #samples = 0;
  #loss = Number.NaN;

  constructor(options: ProgressBarOptions) {
    this.#options = options;
    this.#startMs = options.now();
    this.#doneBefore = options.done ?? 0;
  }

  /** Counts an iteration, and the samples of its minibatch. */
  advance(loss: number, samples: number): void {
    this.#done += 1;
    this.#samples += samples;
    this.#loss = loss;
    const nowMs = this.#options.now();
    if (nowMs - this.#drawnMs < redrawMs) return;
    this.#drawnMs = nowMs;
    this.#draw(nowMs);
  }

  /** Draws how far it came, however short ago the last drawing was. */
  finish(): void {
    this.#draw(this.#options.now());
  }

  #draw(nowMs: number): void {
    const { label, total, unit, draw, width } = this.#options;
    const progress = {
      label,
      done: this.#done,
      doneBefore: this.#doneBefore,
      total,
      rated: { unit, count: unit === "samples" ? this.#samples : this.#done },
      elapsedMs: nowMs - this.#startMs,
      loss: this.#loss,
    };
    draw(formatProgress(progress, width));
  }
}
