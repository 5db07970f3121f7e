import { setInterval } from "node:timers";
import { deserializeError } from "../../../core/errors/error_data.ts";
import { resolveModule } from "../../../core/package_module.ts";
import { releaseWorker } from "../../../core/release_worker.ts";
import { createSharedInt32 } from "../../../core/shared/shared_memory.ts";
import type { RankExchange, RowGather, SlotSum } from "../rank_exchange.ts";
import type { MpiAnswer, MpiRequest } from "./mpi_protocol.ts";

const ENTRY = resolveModule("../../../../workers/mpi.ts", import.meta.url);
/** Longer than any wait: a timer keeps the program alive while it waits for the thread. */
const AWAKE_MS = 60_000;

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
}

/** The coordinator's side of the thread that calls MPI. */
export class MpiExchange implements RankExchange {
  readonly #worker: Worker;
  readonly #stop = createSharedInt32(1);
  readonly #waiters: Waiter[] = [];
  #begun = { rank: 0, size: 1, version: "" };
  #broken: Error | undefined;
  #closing: Promise<void> | undefined;

  private constructor() {
    this.#worker = new Worker(ENTRY, { type: "module", name: "mpi" });
    this.#worker.addEventListener("error", (event) => {
      event.preventDefault();
      this.breakOff(new Error(`the thread that calls MPI failed: ${event.message}`));
    });
    this.#worker.addEventListener("message", ({ data }: MessageEvent<MpiAnswer>) => {
      this.#waiters.shift()?.resolve(data);
    });
    releaseWorker(this.#worker);
  }

  /**
   * Begins MPI in a thread of its own: once in a process.
   * @throws {Error} If the library cannot be loaded or MPI cannot be begun.
   */
  static async begin(options: MpiExchangeOptions): Promise<MpiExchange> {
    const exchange = new MpiExchange();
    await exchange.#wait();
    const begun = await exchange.#ask({ kind: "begin", stop: exchange.#stop, ...options });
    if (begun.kind === "begun") exchange.#begun = begun;
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

  async exchangeSlots(sums: readonly SlotSum[], rows: readonly RowGather[]): Promise<void> {
    await this.#ask({ kind: "exchange", sums, rows });
  }

  async gatherOutputs(rows: readonly RowGather[]): Promise<void> {
    await this.#ask({ kind: "exchange", sums: [], rows });
  }

  async gatherParameters(vectors: readonly Float32Array<SharedArrayBuffer>[]): Promise<void> {
    const boundsOf = (length: number) => Array.from({ length: this.size + 1 }, (_, rank) => (rank === 0 ? 0 : length));
    await this.gatherOutputs(vectors.map((values) => ({ values, bounds: boundsOf(values.length) })));
  }

  async agree(said: string): Promise<string[]> {
    const answer = await this.#ask({ kind: "agree", said });
    return answer.kind === "agreed" ? answer.said : [];
  }

  /** Ends every wait, also those to come, with a reason. What the thread waits for is given up. */
  breakOff(reason: Error): void {
    this.#broken ??= reason;
    Atomics.store(this.#stop, 0, 1);
    Atomics.notify(this.#stop, 0);
    for (const { reject } of this.#waiters.splice(0)) reject(this.#broken);
  }

  close(): Promise<void> {
    this.#closing ??= this.#end();
    return this.#closing;
  }

  /** Ranks that were lost cannot leave together with the others. */
  async #end(): Promise<void> {
    if (!this.#broken) await this.#ask({ kind: "end" });
    this.#worker.terminate();
  }

  async #ask(request: MpiRequest): Promise<MpiAnswer> {
    if (this.#broken) throw this.#broken;
    this.#worker.postMessage(request);
    const answer = await this.#wait();
    if (answer.kind === "failed") throw deserializeError(answer.error);
    return answer;
  }

  async #wait(): Promise<MpiAnswer> {
    const awake = setInterval(() => {}, AWAKE_MS);
    try {
      return await new Promise<MpiAnswer>((resolve, reject) => this.#waiters.push({ resolve, reject }));
    } finally {
      clearInterval(awake);
    }
  }
}
