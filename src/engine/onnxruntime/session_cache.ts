import { RefusalError } from "../../core/errors/errors.ts";
import { blockChannels } from "../../onnx/blocks/block_channels.ts";
import type { Graph } from "../../onnx/graph.ts";
import type { Carrier } from "./carrier.ts";
import { GraphSession } from "./graph_session.ts";
import { RunScratch } from "./run_scratch.ts";
import type { SessionSettings } from "./session_options.ts";

/** How an engine's graphs are loaded. */
export interface LoadingOptions {
  readonly carrier: Carrier;
  readonly settings: SessionSettings;
  /** Finds how many channels go into a block, undefined where none do. Asked when there is a convolution to compute. */
  readonly findLanes: () => Promise<number | undefined>;
}

/** The sessions of one engine, each loaded when it is first asked for. They share their scratch memory. */
export class SessionCache {
  readonly #loading: LoadingOptions;
  readonly #scratch = new RunScratch();
  readonly #sessions = new Map<string, Promise<GraphSession>>();
  #isClosed = false;

  constructor(loading: LoadingOptions) {
    this.#loading = loading;
  }

  /**
   * The session of a key; `build` makes its graph where it is not there yet.
   * @throws {Error} If the cache was closed, or onnxruntime refuses the graph or the device.
   */
  async load(key: string, build: () => Graph): Promise<GraphSession> {
    if (this.#isClosed) throw new RefusalError("the engine was closed");
    const known = this.#sessions.get(key);
    if (known) return known;
    const session = this.#open(build);
    this.#sessions.set(key, session);
    return session;
  }

  async #open(build: () => Graph): Promise<GraphSession> {
    const { carrier, settings, findLanes } = this.#loading;
    const plain = build();
    const lanes = plain.nodes.some(({ op }) => op === "Conv") ? await findLanes() : undefined;
    const graph = lanes === undefined ? plain : blockChannels(plain, lanes);
    return GraphSession.create(graph, { carrier, settings, scratch: this.#scratch });
  }

  /** Releases all sessions; none is loaded afterwards. */
  async close(): Promise<void> {
    this.#isClosed = true;
    const sessions = [...this.#sessions.values()];
    this.#sessions.clear();
    // What did not load has told its caller, and holds nothing.
    for (const loading of await Promise.allSettled(sessions)) {
      if (loading.status === "fulfilled") await loading.value.release();
    }
  }
}
