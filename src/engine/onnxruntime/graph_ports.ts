import { needs, RangeRefusal } from "../../core/errors/errors.ts";
import { countElements } from "../../core/host_tensor.ts";
import type { ParameterEntry } from "../../core/parameter_layout.ts";
import type { BatchDimension, DataType, Dimension, Shape } from "../../onnx/file/onnx_model.ts";
import type { Graph, GraphInput, GraphOutput, InputRole } from "../../onnx/graph.ts";
import type { DeviceView } from "../device/device_memory.ts";
import { DeviceVector } from "../device/device_vector.ts";

/** Values in ordinary memory. int64 for task labels. */
export type HostArray = Float32Array | BigInt64Array;

/** What a run works on: a flat vector, or the values of one input or output; on the device where it has memory. */
export type PortArray = HostArray | DeviceVector | DeviceView;

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
        | "outputGradient"
        | "anchorTargets"
        | "anchorFactor";
    }
  | { readonly kind: "outputs" | "losses" | "anchorLosses" | "overflow" }
  | NoisePlace;

/** One input or output of a graph, and where its values lie. */
export interface Port {
  readonly name: string;
  readonly shape: Shape;
  readonly dataType: DataType;
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

/** Values on the device. */
export interface DeviceArray extends DeviceView {
  readonly dataType: DataType;
}

/** The memory of one input or output. */
export interface PortView {
  readonly name: string;
  readonly data: HostArray | DeviceArray;
  readonly shape: readonly number[];
}

/** Finds out which arrays a graph is run with: each flat vector is one, however many tensors it holds. */
export function listPorts(graph: Graph): GraphPorts {
  const places: Place[] = [];
  const addPort = (value: GraphInput | GraphOutput): Port => {
    const place = findPlace(value);
    const known = place.kind === "noise" ? -1 : places.findIndex(({ kind }) => kind === place.kind);
    const placeIndex = known < 0 ? places.push(place) - 1 : known;
    const { name, shape, dataType, role } = value;
    return { name, shape, dataType, placeIndex, entry: "entry" in role ? role.entry : undefined };
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
  { name, shape, dataType, placeIndex, entry }: Port,
  arrays: readonly PortArray[],
  rows: number,
): PortView {
  const lengths = resolveShape(shape, rows);
  const size = countElements(lengths);
  const data = findData(arrays[placeIndex], { entry, size, dataType });
  const length = data && countValues(data);
  if (!data || length !== size) throw new RangeRefusal(needs(`the graph's "${name}"`, `${size} values`, length));
  return { name, data, shape: lengths };
}

/** Bytes of a value. */
function measureValue(dataType: DataType): number {
  return dataType === "int64" ? BigInt64Array.BYTES_PER_ELEMENT : Float32Array.BYTES_PER_ELEMENT;
}

function findData(
  array: PortArray | undefined,
  { entry, size, dataType }: Pick<Port, "entry" | "dataType"> & { readonly size: number },
): PortView["data"] | undefined {
  if (array instanceof DeviceVector) return { ...(entry ? array.view(entry) : array.whole), dataType };
  if (!array || ArrayBuffer.isView(array)) {
    return entry ? array?.subarray(entry.offset, entry.offset + entry.size) : array;
  }
  // Memory on a device is kept at the size of the largest minibatch.
  return { address: array.address, sizeBytes: Math.min(array.sizeBytes, size * measureValue(dataType)), dataType };
}

function countValues(data: PortView["data"]): number {
  return ArrayBuffer.isView(data) ? data.length : data.sizeBytes / measureValue(data.dataType);
}

/** The lengths of a shape for n rows. */
export function resolveShape(shape: Shape, rows: number): number[] {
  return shape.map((dimension) => (typeof dimension === "number" ? dimension : rows * readFactor(dimension)));
}

function readFactor(dimension: Exclude<Dimension, number> & BatchDimension): number {
  return dimension === "N" ? 1 : Number(dimension.slice(2));
}
