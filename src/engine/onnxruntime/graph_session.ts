import { InferenceSession, Tensor } from "onnxruntime-node";
import { needs, RangeRefusal, TypeRefusal } from "../../core/errors/errors.ts";
import { countElements } from "../../core/host_tensor.ts";
import { encodeGraph } from "../../onnx/file/encode_graph.ts";
import type { Dimension } from "../../onnx/file/onnx_model.ts";
import type { Graph, GraphInput, GraphOutput } from "../../onnx/graph.ts";
import type { DropoutKey } from "../engine.ts";
import type { DropoutMasks } from "./dropout_masks.ts";

/** The tensors of one run, by what the graph's inputs and outputs are for. Those a graph has no use for are missing. */
export interface RunTensors {
  /** n, the rows of this run. */
  readonly rows: number;
  readonly samples: Float32Array;
  /** [n] */
  readonly taskLabels: Int32Array;
  readonly dropoutKey: DropoutKey;
  readonly parameters: ReadonlyMap<string, Tensor>;
  readonly state: ReadonlyMap<string, Tensor>;
  readonly targets?: Float32Array;
  readonly weights?: Float32Array;
  readonly classMask?: Float32Array;
  readonly elementWeights?: Float32Array;
  readonly constant?: Float32Array;
  readonly outputGradient?: Float32Array;
  readonly outputs?: Float32Array;
  readonly losses?: Float32Array;
  readonly gradients?: ReadonlyMap<string, Tensor>;
  readonly newState?: ReadonlyMap<string, Tensor>;
}

/** One graph loaded into onnxruntime. It writes its results straight into the memory it is given. */
export class GraphSession {
  readonly graph: Graph;
  /** Undefined for a graph without outputs, which onnxruntime refuses: the gradients of a model that is frozen. */
  readonly #session: InferenceSession | undefined;
  readonly #masks: DropoutMasks;

  private constructor(graph: Graph, session: InferenceSession | undefined, masks: DropoutMasks) {
    this.graph = graph;
    this.#session = session;
    this.#masks = masks;
  }

  /** @throws {Error} If onnxruntime refuses the graph or the device. */
  static async create(
    graph: Graph,
    { masks, options }: { masks: DropoutMasks; options: InferenceSession.SessionOptions },
  ): Promise<GraphSession> {
    const isEmpty = graph.outputs.length === 0;
    return new GraphSession(
      graph,
      isEmpty ? undefined : await InferenceSession.create(encodeGraph(graph), options),
      masks,
    );
  }

  /**
   * Runs the graph once.
   * @throws {RangeError} If there are fewer rows than the graph's results need to mean something.
   * @throws {Error} If a tensor that the graph needs is missing or has another shape.
   */
  async run(tensors: RunTensors): Promise<void> {
    const { rowLimit } = this.graph;
    if (rowLimit && tensors.rows < rowLimit.rows) {
      throw new RangeRefusal(needs("training", `at least ${rowLimit.rows} rows, as ${rowLimit.reason}`, tensors.rows));
    }
    const feeds: Record<string, Tensor> = {};
    for (const input of this.graph.inputs) feeds[input.name] = this.#findInput(input, tensors);
    const fetches: Record<string, Tensor> = {};
    for (const output of this.graph.outputs) fetches[output.name] = findOutput(output, tensors);
    await this.#session?.run(feeds, fetches);
  }

  /** Frees the session. */
  async release(): Promise<void> {
    await this.#session?.release();
  }

  #findInput(input: GraphInput, tensors: RunTensors): Tensor {
    const shape = resolveShape(input.shape, tensors.rows);
    switch (input.role.kind) {
      case "samples":
        return wrap(input.name, tensors.samples, shape);
      case "taskLabels":
        return new Tensor("int64", BigInt64Array.from(tensors.taskLabels, BigInt), shape);
      case "parameter":
        return present(input.name, tensors.parameters.get(input.role.entry.name));
      case "state":
        return present(input.name, tensors.state.get(input.role.entry.name));
      case "noise": {
        const { noise, layerIndex } = input.role;
        const length = countElements(shape);
        return wrap(
          input.name,
          this.#masks.get({ name: input.name, noise, layerIndex, length }, tensors.dropoutKey),
          shape,
        );
      }
      case "targets":
        return wrap(input.name, tensors.targets, shape);
      case "weights":
        return wrap(input.name, tensors.weights, shape);
      case "classMask":
        return wrap(input.name, tensors.classMask, shape);
      case "elementWeights":
        return wrap(input.name, tensors.elementWeights, shape);
      case "constant":
        return wrap(input.name, tensors.constant, shape);
      case "outputGradient":
        return wrap(input.name, tensors.outputGradient, shape);
    }
  }
}

function findOutput(output: GraphOutput, tensors: RunTensors): Tensor {
  switch (output.role.kind) {
    case "outputs":
      return wrap(output.name, tensors.outputs, resolveShape(output.shape, tensors.rows));
    case "losses":
      return wrap(output.name, tensors.losses, resolveShape(output.shape, tensors.rows));
    case "gradient":
      return present(output.name, tensors.gradients?.get(output.role.entry.name));
    case "newState":
      return present(output.name, tensors.newState?.get(output.role.entry.name));
  }
}

function wrap(name: string, array: Float32Array | undefined, shape: number[]): Tensor {
  return new Tensor("float32", present(name, array), shape);
}

function present<Value>(name: string, value: Value | undefined): Value {
  if (value === undefined) throw new TypeRefusal(`the graph was given nothing for "${name}"`);
  return value;
}

/** The lengths of a shape for n rows. */
function resolveShape(shape: readonly Dimension[], rows: number): number[] {
  return shape.map((dimension) => {
    if (typeof dimension === "number") return dimension;
    return dimension === "N" ? rows : rows * Number(dimension.slice(2));
  });
}
