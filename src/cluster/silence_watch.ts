import { setInterval } from "node:timers";
import { Activity, describeActivity, ReplicaWord, replicaWord, Word } from "./control_block.ts";

const LOOK_EVERY_MS = 250;
/** A computation may take this many times as long as the slowest one that the replica has finished. */
const SLOWDOWN_ALLOWED = 20;
/** The first computation of TF.js, which also compiles kernels and may be plain JavaScript. */
const FIRST_TFJS_CALL_MS = 60_000;

/**
 * Watches the replicas' heartbeats while a command runs. A replica that shows no sign of life for `silenceTimeoutMs` is
 * lost; while it computes natively and cannot show any, it is given time in proportion to its slowest computation so far.
 */
export class SilenceWatch {
  readonly #control: Int32Array;
  readonly #timeoutMs: number;
  readonly #firstCallMs: number;
  readonly #timer: ReturnType<typeof setInterval>;
  readonly #replicas: number;
  readonly #beats: Int32Array;
  readonly #lastSignMs: Float64Array;
  #reject: ((error: Error) => void) | undefined;

  constructor(control: Int32Array, options: { readonly timeoutMs: number; readonly engine: string }) {
    const { timeoutMs, engine } = options;
    this.#firstCallMs = engine.startsWith("tfjs") ? Math.max(timeoutMs, FIRST_TFJS_CALL_MS) : timeoutMs;
    this.#control = control;
    this.#timeoutMs = timeoutMs;
    this.#replicas = (control.length - Word.firstReplica) / (replicaWord(1, 0) - replicaWord(0, 0));
    this.#beats = new Int32Array(this.#replicas);
    this.#lastSignMs = new Float64Array(this.#replicas);
    this.#timer = setInterval(() => this.#look(), LOOK_EVERY_MS);
    this.#timer.unref();
  }

  /** Does `work`, unless a replica falls silent first: then it rejects with that. Not to be nested. */
  async guard<Result>(work: () => Promise<Result>): Promise<Result> {
    this.#timer.ref();
    this.#lastSignMs.fill(performance.now());
    const silence = new Promise<never>((_, reject) => {
      this.#reject = reject;
    });
    try {
      return await Promise.race([work(), silence]);
    } finally {
      this.#reject = undefined;
      this.#timer.unref();
    }
  }

  /** Stops for good. */
  stop(): void {
    clearInterval(this.#timer);
  }

  #look(): void {
    if (!this.#reject) return;
    const now = performance.now();
    for (let replica = 0; replica < this.#replicas; replica++) {
      const beat = Atomics.load(this.#control, replicaWord(replica, ReplicaWord.heartbeat));
      if (beat !== this.#beats[replica]) {
        this.#beats[replica] = beat;
        this.#lastSignMs[replica] = now;
        continue;
      }
      const silentMs = now - (this.#lastSignMs[replica] ?? now);
      if (silentMs > this.#patienceMs(replica)) {
        const activity = describeActivity(Atomics.load(this.#control, replicaWord(replica, ReplicaWord.activity)));
        const message = `Cannot go on: replica ${replica} gave no sign of life for ${(silentMs / 1000).toFixed(1)} s (last seen ${activity})`;
        this.#reject(new Error(message));
        return;
      }
    }
  }

  #patienceMs(replica: number): number {
    const activity = Atomics.load(this.#control, replicaWord(replica, ReplicaWord.activity));
    if (activity !== Activity.computing) return this.#timeoutMs;
    const slowestMs = Atomics.load(this.#control, replicaWord(replica, ReplicaWord.slowestCallMs));
    return slowestMs === 0 ? this.#firstCallMs : Math.max(this.#timeoutMs, SLOWDOWN_ALLOWED * slowestMs);
  }
}
