import { RangeRefusal } from "../../core/errors/errors.ts";
import { findOrCreate } from "../../core/find_or_create.ts";
import type { ModelSpec } from "../../onnx/layers/layer_spec.ts";
import type { RowFactorLayout } from "../../onnx/row_factors.ts";
import { shareTask } from "../../onnx/topology/share_task.ts";
import type { GraphFile } from "./graph_file.ts";
import { type GraphRequest, nameGraph } from "./graph_request.ts";
import type { GraphSession } from "./graph_session.ts";
import type { GraphPlace } from "./make_graph.ts";
import { type LoadingOptions, SessionCache } from "./session_cache.ts";

/**
 * The graphs of one model, each made and loaded when it is first asked for. What another thread has made is only
 * loaded: what makes graphs is a third of this library, and is imported here where something has to be made.
 */
export class ModelGraphs {
  /** Whether rows that share a task have graphs of their own. */
  readonly mindsTasks: boolean;
  readonly #spec: ModelSpec;
  readonly #place: GraphPlace;
  readonly #sessions: SessionCache;
  /** Graphs that were given, until they are loaded, by their names. */
  readonly #given = new Map<string, GraphFile>();
  /** Undefined where this model's gradients cannot be had in one pass. */
  readonly #rowGraphs = new Map<string, Promise<GraphFile | undefined>>();

  #rowFactorLayout: Promise<RowFactorLayout | undefined> | undefined;

  constructor(spec: ModelSpec, loading: LoadingOptions, place: GraphPlace) {
    this.mindsTasks = shareTask(spec) !== undefined;
    this.#spec = spec;
    this.#place = place;
    this.#sessions = new SessionCache(loading);
  }

  /** Takes a graph that another thread has made. */
  give(name: string, file: GraphFile): void {
    this.#given.set(name, file);
  }

  /** @throws {RangeError} If the model has no such graph. @throws {Error} If onnxruntime refuses it or the device. */
  load(request: GraphRequest): Promise<GraphSession> {
    const name = nameGraph(request);
    return this.#sessions.load(name, async () => {
      const file = this.#given.get(name) ?? (await this.make(request));
      this.#given.delete(name);
      if (file) return file;
      throw new RangeRefusal(`the model "${this.#spec.name}" has no graph for ${request.kind} in one pass`);
    });
  }

  /** The same for row gradients; undefined where they cannot be had in one pass. */
  async loadRows(request: Extract<GraphRequest, { kind: "rowGradients" }>): Promise<GraphSession | undefined> {
    const name = nameGraph(request);
    const file = await findOrCreate(this.#rowGraphs, name, () => this.make(request));
    return file && this.#sessions.load(name, () => file);
  }

  /** The forward graph in mode "eval", with weights of this number as constants. */
  loadConstant(
    weightsNumber: number,
    sharesTask: boolean,
    weights: { readonly parameters: Float32Array; readonly state: Float32Array },
  ): Promise<GraphSession> {
    return this.#sessions.loadConstant(`${sharesTask}`, weightsNumber, async () => {
      const { makeConstantForward } = await import("./make_graph.ts");
      return makeConstantForward((sharesTask && shareTask(this.#spec)) || this.#spec, weights);
    });
  }

  /** Frees what has weights as constants. */
  async releaseConstant(): Promise<void> {
    await this.#sessions.releaseConstant();
  }

  /** @throws {RangeError} If there is no such graph. */
  async make(request: GraphRequest): Promise<GraphFile | undefined> {
    const { makeGraph } = await import("./make_graph.ts");
    return makeGraph(this.#spec, request, this.#place);
  }

  /** The shape of one row of what a layer gives. @throws {RangeError} If the model has no layer of that name. */
  async measureActivation(layerName: string): Promise<readonly number[]> {
    const { findActivationShape } = await import("./make_graph.ts");
    return findActivationShape(this.#spec, layerName);
  }

  /** How rows' own gradients are made of factors; undefined where they are not. */
  findRowFactorLayout(): Promise<RowFactorLayout | undefined> {
    this.#rowFactorLayout ??= import("./make_graph.ts").then((maker) => maker.findRowFactorLayout(this.#spec));
    return this.#rowFactorLayout;
  }

  async close(): Promise<void> {
    await this.#sessions.close();
  }
}
