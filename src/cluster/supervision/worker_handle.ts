import { setTimeout } from "node:timers";
import type { Remote } from "comlink";
import { releaseWorker } from "../../core/release_worker.ts";
import { Lifeline } from "./lifeline.ts";
import { ANSWER_TIMEOUT_MS } from "./replica_handle.ts";

/** How long a Worker that was told to end is waited for. */
const END_PATIENCE_MS = 2_000;

/** One Worker with a comlink endpoint, whose calls fail, instead of hanging, when it dies or does not answer. */
export class WorkerHandle<Api> {
  /** A Worker must not be ended inside native code. */
  readonly endsAtOnce = false;
  readonly #worker: Worker;
  readonly #remote: Remote<Api>;
  readonly #life: Lifeline;
  readonly #gone: Promise<void>;

  constructor(entry: URL, name: string, connect: (worker: Worker) => Remote<Api>) {
    this.#life = new Lifeline(name);
    const worker = new Worker(entry, { type: "module", name });
    this.#worker = worker;
    worker.addEventListener("error", (event) => {
      // Deno ends the parent too unless the event is taken.
      event.preventDefault();
      this.#life.cut(`threw: ${describeWorkerError(event.message)}`, event.error ?? undefined);
    });
    worker.addEventListener("messageerror", () => this.#life.cut("sent a message that cannot be read"));
    // Bun alone tells of a Worker's end; in Deno the silence watch finds out.
    this.#gone = new Promise((resolve) => {
      worker.addEventListener("close", (event) => {
        this.#life.cut(`exited${"code" in event ? ` with code ${event.code}` : ""}`);
        resolve();
      });
    });
    this.#remote = connect(worker);
    releaseWorker(worker);
  }

  get name(): string {
    return this.#life.name;
  }

  /** Why the Worker is of no use any more; undefined as long as it is. */
  get lost(): Error | undefined {
    return this.#life.lost;
  }

  /**
   * Calls the Worker. One that does not answer in time is lost.
   * @throws {Error} If it dies or does not answer in time.
   */
  call<Answer>(
    request: (remote: Remote<Api>) => Promise<Answer>,
    act: string,
    timeoutMs: number = ANSWER_TIMEOUT_MS,
  ): Promise<Answer> {
    return this.#life.call(() => request(this.#remote), { act, timeoutMs });
  }

  /** Does `work`, unless the Worker dies first: then it rejects with that, naming the Worker and the cause. */
  guard<Result>(work: () => Promise<Result>): Promise<Result> {
    return this.#life.guard(work);
  }

  /** Leaves the Worker to itself: what becomes of it is not reported any more, and no call is answered. */
  abandon(): void {
    this.#life.release();
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
}

/** The line that names the error: Bun puts the source around it into the message. */
function describeWorkerError(message: string): string {
  return /^(?:Uncaught )?\w*(?:Error|Exception): .*$/m.exec(message)?.[0] ?? message.split("\n")[0] ?? message;
}
