import { hostname } from "node:os";
import process from "node:process";
import { clearTimeout, setInterval, setTimeout } from "node:timers";
import { setTimeout as wait } from "node:timers/promises";
import { deserializeError } from "../../../core/errors/error_data.ts";
import { resolveModule } from "../../../core/package_module.ts";
import { releaseWorker } from "../../../core/release_worker.ts";
import { createSharedInt32 } from "../../../core/shared/shared_memory.ts";
import { FewerRanksError } from "../fewer_ranks_error.ts";
import { LostRankError } from "../lost_rank_error.ts";
import type { RankExchange, RowGather, SlotSum } from "../rank_exchange.ts";
import { CallSilence, LOOK_MS } from "./call_silence.ts";
import { Halt, MpiWord } from "./mpi_calls.ts";
import type { MpiAnswer, MpiRequest } from "./mpi_protocol.ts";

const ENTRY = resolveModule("../../../../workers/mpi.ts", import.meta.url);
/** How long the thread may take to come out of a call of MPI that was given up. */
const CLOSE_PATIENCE_MS = 2_000;
/** How long another may take to say which rank was lost, once MPI has failed, and how often that is looked up. */
const EXPLAIN_MS = 1_000;
const POLL_MS = 20;
/** How long MPI may take at most to find out that a rank is gone which others have noticed. */
const SUSPECT_MS = 60_000;

/** Who waits for the thread's next answer. */
interface Waiter {
  readonly resolve: (answer: MpiAnswer) => void;
  readonly reject: (reason: unknown) => void;
}

/** Which library to begin, and how its thread waits. */
export interface MpiExchangeOptions {
  readonly file: string;
  /** True where the ranks of this machine share its cores. */
  readonly isCrowded: boolean;
  /** True where the others go on if a rank is lost. */
  readonly isElastic: boolean;
  /** How long one call of MPI may take to return, other than the one that begins it. */
  readonly silenceTimeoutMs: number;
}

/** The coordinator's side of the thread that calls MPI. */
export class MpiExchange implements RankExchange {
  readonly #worker: Worker;
  readonly #stop = createSharedInt32(MpiWord.count);
  readonly #silence = new CallSilence(this.#stop);
  readonly #silenceTimeoutMs: number;
  readonly #waiters: Waiter[] = [];
  #begun: MpiAnswer & { readonly kind: "begun" } = BEFORE;
  #firstSize = 1;
  /** Requests that the thread has not answered. */
  #unanswered = 1;
  #noteIdle = () => {};
  readonly #lost: number[] = [];
  /** Ranks, by their first numbers, that are gone, though MPI has not noticed. */
  readonly #suspects = new Map<number, { readonly reason: Error; readonly sinceMs: number }>();
  #onLost: ((lost: readonly number[]) => void) | undefined;
  #broken: Error | undefined;
  #closing: Promise<void> | undefined;

  private constructor(silenceTimeoutMs: number) {
    this.#silenceTimeoutMs = silenceTimeoutMs;
    this.#worker = new Worker(ENTRY, { type: "module", name: "mpi" });
    this.#worker.addEventListener("error", (event) => {
      event.preventDefault();
      this.#unanswered = 0;
      this.breakOff(new Error(`the thread that calls MPI failed: ${event.message}`));
    });
    this.#worker.addEventListener("message", ({ data }: MessageEvent<MpiAnswer>) => {
      this.#unanswered -= 1;
      this.#waiters.shift()?.resolve(data);
      if (this.#unanswered === 0) this.#noteIdle();
    });
    releaseWorker(this.#worker);
  }

  /**
   * Begins MPI in a thread of its own: once in a process.
   * @throws {Error} If the library cannot be loaded or MPI cannot be begun.
   */
  static async begin({ silenceTimeoutMs, ...options }: MpiExchangeOptions): Promise<MpiExchange> {
    const exchange = new MpiExchange(silenceTimeoutMs);
    await exchange.#wait();
    const begun = await exchange.#ask({ kind: "begin", stop: exchange.#stop, ...options });
    if (begun.kind === "begun") exchange.#begun = begun;
    exchange.#firstSize = exchange.size;
    return exchange;
  }

  get rank(): number {
    return this.#begun.rank;
  }

  get size(): number {
    return this.#begun.size;
  }

  /** What the library calls itself: "Open MPI v4.1.4". */
  get version(): string {
    return this.#begun.version;
  }

  /** Why the others cannot go on where a rank is lost, though they are to; undefined if they can. */
  get ulfmLack(): string | undefined {
    return this.#begun.ulfmLack;
  }

  async exchangeSlots(sums: readonly SlotSum[], rows: readonly RowGather[]): Promise<void> {
    const { kind } = await this.#ask({ kind: "exchange", sums, rows });
    if (kind === "shrunk") throw new FewerRanksError();
  }

  gatherOutputs(rows: readonly RowGather[]): Promise<void> {
    return this.exchangeSlots([], rows);
  }

  async gatherParameters(vectors: readonly Float32Array<SharedArrayBuffer>[]): Promise<void> {
    const boundsOf = (length: number) => Array.from({ length: this.size + 1 }, (_, rank) => (rank === 0 ? 0 : length));
    await this.#repeat(() => {
      const rows = vectors.map((values) => ({ values, bounds: boundsOf(values.length) }));
      return { kind: "exchange", sums: [], rows };
    });
  }

  async agree(said: string): Promise<string[]> {
    const answer = await this.#repeat(() => ({ kind: "agree", said }));
    return answer.kind === "agreed" ? answer.said : [];
  }

  /** Told the first numbers of ranks that were lost while the others go on, also of those that were lost before. */
  followLosses(onLost: (lost: readonly number[]) => void): void {
    this.#onLost = onLost;
    if (this.#lost.length > 0) onLost([...this.#lost]);
  }

  /**
   * Has the thread look who is left, as somebody else has noticed that a rank, by its first number, is gone. Where MPI
   * does not find that out, rank 0 breaks off with the reason.
   */
  suspect(rank: number, reason: Error): void {
    if (this.#lost.includes(rank)) return;
    this.#suspects.set(rank, { reason, sinceMs: performance.now() });
    Atomics.compareExchange(this.#stop, MpiWord.halt, Halt.none, Halt.rankLost);
    Atomics.notify(this.#stop, MpiWord.halt);
  }

  /** Ends every wait, also those to come, with a reason. What the thread waits for is given up. */
  breakOff(reason: Error): void {
    this.#broken ??= reason;
    Atomics.store(this.#stop, MpiWord.halt, Halt.givenUp);
    Atomics.notify(this.#stop, MpiWord.halt);
    for (const { reject } of this.#waiters.splice(0)) reject(this.#broken);
  }

  close(): Promise<void> {
    this.#closing ??= this.#end();
    return this.#closing;
  }

  /** Ranks that were lost cannot leave together with the others. */
  async #end(): Promise<void> {
    try {
      if (!this.#broken) await this.#ask({ kind: "end" });
      // Deno crashes at exit where a Worker was ended within a call of C.
      else if (this.#unanswered > 0) await this.#becomeIdle();
    } finally {
      this.#worker.terminate();
    }
  }

  #becomeIdle(): Promise<void> {
    return new Promise((resolve) => {
      const timer = setTimeout(resolve, CLOSE_PATIENCE_MS);
      this.#noteIdle = () => {
        clearTimeout(timer);
        resolve();
      };
    });
  }

  /** Asks until all ranks that are left have done it. */
  async #repeat(request: () => MpiRequest): Promise<MpiAnswer> {
    for (;;) {
      const answer = await this.#ask(request());
      if (answer.kind !== "shrunk") return answer;
    }
  }

  async #ask(request: MpiRequest): Promise<MpiAnswer> {
    if (this.#broken) throw this.#broken;
    this.#unanswered += 1;
    this.#worker.postMessage(request);
    // MPI begins once all ranks have been started, which is the launcher's business.
    const answer = await this.#wait(request.kind !== "begin");
    if (answer.kind === "failed") {
      const error = deserializeError(answer.error);
      throw request.kind === "begin" ? error : await this.#explain(error);
    }
    if (answer.kind === "shrunk") this.#shrink(answer);
    return answer;
  }

  /** MPI may notice a lost rank before somebody can say which one it is. */
  async #explain(error: Error): Promise<Error> {
    const until = performance.now() + EXPLAIN_MS;
    while (!this.#broken && performance.now() < until) await wait(POLL_MS);
    return this.#broken ?? error;
  }

  /** @throws {LostRankError} If the first rank was lost, which has the run's files. */
  #shrink({ rank, size, lost }: MpiAnswer & { readonly kind: "shrunk" }): void {
    this.#begun = { ...this.#begun, rank, size };
    for (const number of lost) this.#suspects.delete(number);
    if (lost.includes(0)) {
      this.breakOff(new LostRankError(`rank 0 of ${this.#firstSize} was lost: its process has ended`));
      throw this.#broken;
    }
    this.#lost.push(...lost);
    if (lost.length > 0) this.#onLost?.(lost);
  }

  /** The others may wait long for rank 0, which has more to do: it alone decides. */
  #giveUpSuspects(): void {
    if (this.rank !== 0) return;
    const patienceMs = Math.min(SUSPECT_MS, this.#silenceTimeoutMs);
    for (const { reason, sinceMs } of this.#suspects.values()) {
      if (performance.now() - sinceMs > patienceMs) this.breakOff(reason);
    }
  }

  #giveUpSilent(): void {
    const silentMs = this.#silence.look();
    if (silentMs < this.#silenceTimeoutMs) return;
    const name = `rank ${this.rank} of ${this.size} (process ${process.pid} on ${hostname()})`;
    const seconds = Math.round(silentMs / 1000);
    this.breakOff(new LostRankError(`${name} was lost: a call of MPI did not return for ${seconds} s`));
  }

  async #wait(isTimed = false): Promise<MpiAnswer> {
    this.#silence.begin();
    // The timer keeps the program alive, too, while it waits for the thread.
    const awake = setInterval(() => {
      this.#giveUpSuspects();
      if (isTimed) this.#giveUpSilent();
    }, LOOK_MS);
    try {
      return await new Promise<MpiAnswer>((resolve, reject) => this.#waiters.push({ resolve, reject }));
    } finally {
      clearInterval(awake);
    }
  }
}

/** Until MPI has begun. */
const BEFORE = { kind: "begun", rank: 0, size: 1, version: "", ulfmLack: undefined } as const;
