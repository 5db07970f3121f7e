import { FIRST_CALL_MS, SLOWDOWN_ALLOWED } from "../supervision/silence_watch.ts";

/** How long another rank may be silent. */
export const DEFAULT_RANK_SILENCE_MS = 120_000;
/** How often a rank says that it lives, and how often it looks who did: at least, and so many times in that time. */
const BEAT_MS = 5000;
const BEATS = 5;
/** The longest silence that one look counts, in looks: whoever was stopped or busy itself first reads what has come. */
const MAX_LOOKS = 4;

/** What ranks allow each other, as they know how long computations take. */
export class RankPatience {
  readonly beatMs: number;
  readonly #timeoutMs: number;
  #slowestMs: number | undefined;
  #lastLookMs = performance.now();

  constructor(timeoutMs: number) {
    this.#timeoutMs = timeoutMs;
    this.beatMs = Math.min(BEAT_MS, timeoutMs / BEATS);
  }

  /**
   * How long this rank may say nothing, as it may be inside a computation: nobody knows how long the first one takes.
   * Where somebody wants to know of silence sooner than by default, that counts for the first one, too.
   */
  get ownMs(): number {
    if (this.#slowestMs !== undefined) return Math.max(this.#timeoutMs, SLOWDOWN_ALLOWED * this.#slowestMs);
    return this.#timeoutMs < DEFAULT_RANK_SILENCE_MS ? this.#timeoutMs : Math.max(this.#timeoutMs, FIRST_CALL_MS);
  }

  /** A computation has ended: the slowest one so far took so long. */
  noteCall(slowestMs: number): void {
    this.#slowestMs = Math.max(this.#slowestMs ?? 0, slowestMs);
  }

  /** How much longer the others have been silent than at the last look. */
  look(): number {
    const now = performance.now();
    const passedMs = Math.min(now - this.#lastLookMs, MAX_LOOKS * this.beatMs);
    this.#lastLookMs = now;
    return passedMs;
  }
}
