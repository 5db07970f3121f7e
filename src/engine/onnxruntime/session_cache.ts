import { RefusalError } from "../../core/errors/errors.ts";
import { findOrCreate } from "../../core/find_or_create.ts";
import type { Carrier } from "./carrier.ts";
import type { GraphFile } from "./graph_file.ts";
import { GraphSession } from "./graph_session.ts";
import { RunScratch } from "./run_scratch.ts";
import type { SessionSettings } from "./session_options.ts";

/** How an engine's graphs are loaded. */
export interface LoadingOptions {
  readonly carrier: Carrier;
  readonly settings: SessionSettings;
}

/** The sessions of one engine, each loaded when it is first asked for. They share their scratch memory. */
export class SessionCache {
  readonly #loading: LoadingOptions;
  readonly #scratch = new RunScratch();
  readonly #sessions = new Map<string, Promise<GraphSession>>();
  /** Of graphs that have the weights of this number as constants. */
  readonly #constant = new Map<string, Promise<GraphSession>>();
  #weightsNumber = 0;
  #isClosed = false;

  constructor(loading: LoadingOptions) {
    this.#loading = loading;
  }

  /**
   * The session of a key; `make` makes its graph where it is not there yet.
   * @throws {Error} If the cache was closed, or onnxruntime refuses the graph or the device.
   */
  async load(key: string, make: () => GraphFile | Promise<GraphFile>): Promise<GraphSession> {
    this.#assertOpen();
    return findOrCreate(this.#sessions, key, () => this.#open(make));
  }

  /**
   * The same for a graph that has weights as constants: those of other numbers are released first. onnxruntime brings
   * the kernels into its own order when it loads the graph.
   */
  async loadConstant(key: string, weightsNumber: number, make: () => Promise<GraphFile>): Promise<GraphSession> {
    this.#assertOpen();
    if (weightsNumber !== this.#weightsNumber) await this.releaseConstant();
    this.#weightsNumber = weightsNumber;
    return findOrCreate(this.#constant, key, () => this.#open(make));
  }

  /** Releases the sessions that have weights as constants. */
  async releaseConstant(): Promise<void> {
    await releaseAll(this.#constant);
  }

  async #open(make: () => GraphFile | Promise<GraphFile>): Promise<GraphSession> {
    return GraphSession.create(await make(), { ...this.#loading, scratch: this.#scratch });
  }

  /** Releases all sessions; none is loaded afterwards. */
  async close(): Promise<void> {
    this.#isClosed = true;
    await this.releaseConstant();
    await releaseAll(this.#sessions);
  }

  #assertOpen(): void {
    if (this.#isClosed) throw new RefusalError("the engine was closed");
  }
}

async function releaseAll(sessions: Map<string, Promise<GraphSession>>): Promise<void> {
  const loading = [...sessions.values()];
  sessions.clear();
  // What did not load has told its caller, and holds nothing.
  for (const result of await Promise.allSettled(loading)) {
    if (result.status === "fulfilled") await result.value.release();
  }
}
