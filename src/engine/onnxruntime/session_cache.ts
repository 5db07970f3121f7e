import { RefusalError } from "../../core/errors/errors.ts";
import { findOrCreate } from "../../core/find_or_create.ts";
import { blockChannels } from "../../onnx/blocks/block_channels.ts";
import type { DataType } from "../../onnx/file/onnx_model.ts";
import type { Graph } from "../../onnx/graph.ts";
import type { Carrier } from "./carrier.ts";
import { GraphSession } from "./graph_session.ts";
import { RunScratch } from "./run_scratch.ts";
import type { SessionSettings } from "./session_options.ts";

function isHalfType(dataType: DataType | undefined): boolean {
  return dataType === "float16" || dataType === "bfloat16";
}

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
  /** Of graphs that have the weights of this number as constants. */
  readonly #constant = new Map<string, Promise<GraphSession>>();
  #weightsNumber = 0;
  #isClosed = false;

  constructor(loading: LoadingOptions) {
    this.#loading = loading;
  }

  /**
   * The session of a key; `build` makes its graph where it is not there yet.
   * @throws {Error} If the cache was closed, or onnxruntime refuses the graph or the device.
   */
  async load(key: string, build: () => Graph): Promise<GraphSession> {
    this.#assertOpen();
    return findOrCreate(this.#sessions, key, () => this.#open(build));
  }

  /**
   * The same for a graph that has weights as constants: those of other numbers are released first. onnxruntime brings
   * the kernels into its own order when it loads the graph.
   */
  async loadConstant(key: string, weightsNumber: number, build: () => Graph): Promise<GraphSession> {
    this.#assertOpen();
    if (weightsNumber !== this.#weightsNumber) await this.releaseConstant();
    this.#weightsNumber = weightsNumber;
    const { carrier, settings } = this.#loading;
    const create = () => GraphSession.create(build(), { carrier, settings, scratch: this.#scratch });
    return findOrCreate(this.#constant, key, create);
  }

  /** Releases the sessions that have weights as constants. */
  async releaseConstant(): Promise<void> {
    await releaseAll(this.#constant);
  }

  async #open(build: () => Graph): Promise<GraphSession> {
    const { carrier, settings, findLanes } = this.#loading;
    const plain = build();
    // Blocks are of float32.
    const isHalf = plain.nodes.some(({ outputs: [name = ""] }) => isHalfType(plain.types.get(name)?.dataType));
    const lanes = !isHalf && plain.nodes.some(({ op }) => op === "Conv") ? await findLanes() : undefined;
    const graph = lanes === undefined ? plain : blockChannels(plain, lanes);
    return GraphSession.create(graph, { carrier, settings, scratch: this.#scratch });
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
