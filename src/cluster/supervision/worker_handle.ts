import { setTimeout } from "node:timers";
import type { Remote } from "comlink";
import { releaseWorker } from "../../core/release_worker.ts";

/** How long a Worker may take to answer a control message, the loading of its engine included. */
const ANSWER_TIMEOUT_MS = 60_000;
/** How long a Worker that was told to end is waited for. */
const END_PATIENCE_MS = 2_000;

/**
 * One Worker with a comlink endpoint, whose calls fail, instead of hanging, when it dies or does not answer. Waiters
 * are kept in a set that they leave: racing each step against one long-lived promise would keep every step in memory.
 */
export class WorkerHandle<Api> {
  readonly name: string;
  readonly #worker: Worker;
  readonly #remote: Remote<Api>;
  readonly #waiters = new Set<(lost: Error) => void>();
  readonly #gone: Promise<void>;
  #lost: Error | undefined;
  #ended = false;

  constructor(entry: URL, name: string, connect: (worker: Worker) => Remote<Api>) {
    this.name = name;
    const worker = new Worker(entry, { type: "module", name });
    this.#worker = worker;
    worker.addEventListener("error", (event) => {
      // Deno ends the parent too unless the event is taken.
      event.preventDefault();
      this.#die(`threw: ${describeWorkerError(event.message)}`, event.error ?? undefined);
    });
    worker.addEventListener("messageerror", () => this.#die("sent a message that cannot be read"));
    // Bun alone tells of a Worker's end; in Deno the silence watch finds out.
    this.#gone = new Promise((resolve) => {
      worker.addEventListener("close", (event) => {
        this.#die(`exited${"code" in event ? ` with code ${event.code}` : ""}`);
        resolve();
      });
    });
    this.#remote = connect(worker);
    releaseWorker(worker);
  }

  /** Why the Worker is of no use any more; undefined as long as it is. */
  get lost(): Error | undefined {
    return this.#lost;
  }

  /**
   * Calls the Worker. One that does not answer in time is lost.
   * @throws {Error} If it dies or does not answer in time.
   */
  async call<Answer>(
    request: (remote: Remote<Api>) => Promise<Answer>,
    act: string,
    timeoutMs: number = ANSWER_TIMEOUT_MS,
  ): Promise<Answer> {
    const timer = setTimeout(() => this.#die(`did not ${act} within ${timeoutMs / 1000} s`), timeoutMs);
    try {
      return await this.guard(() => request(this.#remote));
    } finally {
      clearTimeout(timer);
    }
  }

  /** Does `work`, unless the Worker dies first: then it rejects with that, naming the Worker and the cause. */
  async guard<Result>(work: () => Promise<Result>): Promise<Result> {
    if (this.#lost) throw this.#lost;
    let leave: (() => void) | undefined;
    const death = new Promise<never>((_, reject) => {
      this.#waiters.add(reject);
      leave = () => this.#waiters.delete(reject);
    });
    try {
      return await Promise.race([work(), death]);
    } finally {
      leave?.();
    }
  }

  /** Leaves the Worker to itself: what becomes of it is not reported any more, and no call is answered. */
  abandon(): void {
    // Who calls it all the same must not wait for an answer that cannot come.
    this.#die("was ended");
    this.#ended = true;
  }

  /**
   * Ends the Worker. Its death is not reported any more, and no call is answered.
   * @returns Settles when it is gone, or is not going to be soon: Bun aborts a process that exits while a Worker of it
   * is still giving back what onnxruntime holds. Deno ends Workers by itself and tells nobody.
   */
  async terminate(): Promise<void> {
    this.abandon();
    this.#worker.terminate();
    if ("Deno" in globalThis) return;
    let timer: ReturnType<typeof setTimeout> | undefined;
    const patience = new Promise<void>((resolve) => {
      timer = setTimeout(resolve, END_PATIENCE_MS);
    });
    await Promise.race([this.#gone, patience]);
    clearTimeout(timer);
  }

  #die(how: string, cause?: unknown): void {
    if (this.#ended || this.#lost) return;
    this.#lost = new Error(`Cannot go on: ${this.name} ${how}`, cause === undefined ? undefined : { cause });
    for (const reject of this.#waiters) reject(this.#lost);
    this.#waiters.clear();
  }
}

/** The line that names the error: Bun puts the source around it into the message. */
function describeWorkerError(message: string): string {
  return /^(?:Uncaught )?\w*(?:Error|Exception): .*$/m.exec(message)?.[0] ?? message.split("\n")[0] ?? message;
}
