import { needs, RangeRefusal } from "../../core/errors/errors.ts";
import { countElements } from "../../core/host_tensor.ts";
import type { ParameterEntry } from "../../core/parameter_layout.ts";
import type { BatchDimension, Dimension, Shape } from "../../onnx/file/onnx_model.ts";
import type { Graph, GraphInput, GraphOutput, InputRole } from "../../onnx/graph.ts";

/** An array that a run works on: a flat vector, or the values of one input or output. int64 for task labels. */
export type PortArray = Float32Array | BigInt64Array;

/** The flat vectors, of which several inputs or outputs may be parts. */
export type VectorKind = "parameters" | "state" | "gradient" | "newState";

/** A random tensor that is drawn for a run. */
export interface NoisePlace extends Extract<InputRole, { kind: "noise" }> {
  readonly name: string;
  readonly shape: Shape;
}

/** What one array of a run is for. */
export type Place =
  | { readonly kind: VectorKind }
  | {
      readonly kind:
        | "samples"
        | "taskLabels"
        | "targets"
        | "weights"
        | "classMask"
        | "elementWeights"
        | "constant"
        | "lossScale"
        | "outputGradient";
    }
  | { readonly kind: "outputs" | "losses" | "overflow" }
  | NoisePlace;

/** One input or output of a graph, and where its values lie. */
export interface Port {
  readonly name: string;
  readonly shape: Shape;
  /** Which of the arrays of a run. */
  readonly placeIndex: number;
  /** Which part of that array; undefined where it is the whole. */
  readonly entry: ParameterEntry | undefined;
}

/** The inputs and outputs of a graph, and the arrays that it is run with. */
export interface GraphPorts {
  readonly places: readonly Place[];
  readonly inputs: readonly Port[];
  readonly outputs: readonly Port[];
}

/** The memory of one input or output. */
export interface PortView {
  readonly name: string;
  readonly data: PortArray;
  readonly shape: readonly number[];
}

/** Finds out which arrays a graph is run with: each flat vector is one, however many tensors it holds. */
export function listPorts(graph: Graph): GraphPorts {
  const places: Place[] = [];
  const addPort = (value: GraphInput | GraphOutput): Port => {
    const place = findPlace(value);
    const known = place.kind === "noise" ? -1 : places.findIndex(({ kind }) => kind === place.kind);
    const placeIndex = known < 0 ? places.push(place) - 1 : known;
    const { name, shape, role } = value;
    return { name, shape, placeIndex, entry: "entry" in role ? role.entry : undefined };
  };
  return { inputs: graph.inputs.map(addPort), outputs: graph.outputs.map(addPort), places };
}

function findPlace({ name, shape, role }: GraphInput | GraphOutput): Place {
  switch (role.kind) {
    case "parameter":
      return { kind: "parameters" };
    case "noise":
      return { ...role, name, shape };
    default:
      return { kind: role.kind };
  }
}

/**
 * The part of a run's arrays that is one input or output of n rows.
 * @throws {RangeError} If the array is of another length: onnxruntime would read or write what lies behind it.
 */
export function viewPort(
  { name, shape, placeIndex, entry }: Port,
  arrays: readonly PortArray[],
  rows: number,
): PortView {
  const array = arrays[placeIndex];
  const lengths = resolveShape(shape, rows);
  const data = entry ? array?.subarray(entry.offset, entry.offset + entry.size) : array;
  const size = countElements(lengths);
  if (data?.length !== size) throw new RangeRefusal(needs(`the graph's "${name}"`, `${size} values`, data?.length));
  return { name, data, shape: lengths };
}

/** The lengths of a shape for n rows. */
export function resolveShape(shape: Shape, rows: number): number[] {
  return shape.map((dimension) => (typeof dimension === "number" ? dimension : rows * readFactor(dimension)));
}

function readFactor(dimension: Exclude<Dimension, number> & BatchDimension): number {
  return dimension === "N" ? 1 : Number(dimension.slice(2));
}
