import { setInterval } from "node:timers";
import { elementAt } from "../../core/element_at.ts";
import { Activity, describeActivity, ReplicaWord, replicaWord, Word } from "../protocol/control_block.ts";

const LOOK_EVERY_MS = 250;
/**
 * The longest silence that one look counts: after a laptop's sleep the replicas get time to show that they are alive.
 */
const MAX_STEP_MS = 4 * LOOK_EVERY_MS;
/** A computation may take this many times as long as the slowest one that the replica has finished. */
export const SLOWDOWN_ALLOWED = 20;
/**
 * The first computation of TF.js, which also compiles kernels and may be plain JavaScript; any computation on a GPU,
 * whose driver compiles what it has not computed before: a software driver takes 5 to 8 s for one convolution.
 */
const COMPILING_CALL_MS = 60_000;
/**
 * The first computation, of which nobody knows how long it takes: a step of ViT-B with 64 images takes a core minutes.
 * Where somebody wants to know of silence sooner than by default, that counts for the first one, too.
 */
export const FIRST_CALL_MS = 600_000;

/** How long a replica may show no sign of life. */
export const DEFAULT_SILENCE_TIMEOUT_MS = 8_000;

/** A replica has shown no sign of life for too long. */
export class SilentReplicaError extends Error {
  override readonly name = "SilentReplicaError";
  readonly replica: number;

  constructor(replica: number, message: string) {
    super(message);
    this.replica = replica;
  }
}

/**
 * Watches the replicas' heartbeats while a command runs. A replica that shows no sign of life for `silenceTimeoutMs` is
 * lost; while it computes natively and cannot show any, it is given time in proportion to its slowest computation so
 * far.
 */
export class SilenceWatch {
  readonly #control: Int32Array;
  readonly #timeoutMs: number;
  readonly #firstCallMs: number;
  readonly #anyCallMs: number;
  readonly #timer: ReturnType<typeof setInterval>;
  readonly #replicas: number;
  readonly #beats: Int32Array;
  readonly #silentMs: Float64Array;
  #lastLookMs = 0;
  #ignored: ReadonlySet<number> = new Set();
  #reject: ((error: Error) => void) | undefined;

  constructor(
    control: Int32Array,
    options: { readonly timeoutMs: number; readonly engine: string; readonly devices: readonly string[] },
  ) {
    const { timeoutMs, engine, devices } = options;
    const compilingMs = Math.max(timeoutMs, COMPILING_CALL_MS);
    this.#anyCallMs = devices.some((device) => device !== "cpu") ? compilingMs : timeoutMs;
    const shortestMs = engine.startsWith("tfjs") ? compilingMs : this.#anyCallMs;
    this.#firstCallMs = timeoutMs < DEFAULT_SILENCE_TIMEOUT_MS ? shortestMs : Math.max(timeoutMs, FIRST_CALL_MS);
    this.#control = control;
    this.#timeoutMs = timeoutMs;
    this.#replicas = (control.length - Word.firstReplica) / (replicaWord(1, 0) - replicaWord(0, 0));
    this.#beats = new Int32Array(this.#replicas);
    this.#silentMs = new Float64Array(this.#replicas);
    this.#timer = setInterval(() => this.#look(), LOOK_EVERY_MS);
    this.#timer.unref();
  }

  /**
   * Does `work`, unless a replica that is not to be ignored falls silent first. Not to be nested.
   * @throws {SilentReplicaError} Then.
   */
  async guard<Result>(work: () => Promise<Result>, ignored: ReadonlySet<number> = new Set()): Promise<Result> {
    this.#timer.ref();
    this.#silentMs.fill(0);
    this.#lastLookMs = performance.now();
    this.#ignored = ignored;
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
    const stepMs = Math.min(now - this.#lastLookMs, MAX_STEP_MS);
    this.#lastLookMs = now;
    for (let replica = 0; replica < this.#replicas; replica++) {
      const beat = Atomics.load(this.#control, replicaWord(replica, ReplicaWord.heartbeat));
      const isSilent = beat === this.#beats[replica];
      this.#beats[replica] = beat;
      const silentMs = isSilent ? elementAt(this.#silentMs, replica) + stepMs : 0;
      this.#silentMs[replica] = silentMs;
      if (silentMs > this.#patienceMs(replica) && !this.#ignored.has(replica)) this.#report(replica, silentMs);
    }
  }

  #report(replica: number, silentMs: number): void {
    const activity = describeActivity(Atomics.load(this.#control, replicaWord(replica, ReplicaWord.activity)));
    const seconds = (silentMs / 1000).toFixed(1);
    const message = `Cannot go on: replica ${replica} gave no sign of life for ${seconds} s (last seen ${activity})`;
    this.#reject?.(new SilentReplicaError(replica, message));
  }

  #patienceMs(replica: number): number {
    const activity = Atomics.load(this.#control, replicaWord(replica, ReplicaWord.activity));
    return activity === Activity.computing ? this.callPatienceMs(replica) : this.#timeoutMs;
  }

  /** How long a replica may be inside one call of its engine. */
  callPatienceMs(replica: number): number {
    const slowestMs = Atomics.load(this.#control, replicaWord(replica, ReplicaWord.slowestCallMs));
    return slowestMs === 0 ? this.#firstCallMs : Math.max(this.#anyCallMs, SLOWDOWN_ALLOWED * slowestMs);
  }
}
