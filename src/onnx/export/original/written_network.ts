import { elementAt } from "../../../core/element_at.ts";
import { RangeRefusal } from "../../../core/errors/errors.ts";
import { findEntry, viewEntry } from "../../../core/parameter_layout.ts";
import type { Attributes, AttributeValue, DataType, OnnxNode, OnnxTensor } from "../../file/onnx_model.ts";
import type { ImportedNetwork, ImportedNode } from "../../import/imported_network.ts";
import { restoreOrder } from "../../import/weight_order.ts";
import type { ImportedNetworkSpec } from "../../layers/imported_network_layer.ts";
import type { ModelSpec } from "../../layers/layer_spec.ts";

/** A model and its values. */
interface ValuedModel {
  readonly spec: ModelSpec;
  /** [P] by the spec's layout. */
  readonly parameters: Float32Array;
  /** [Q] by the spec's state layout. */
  readonly state: Float32Array;
}

/** A part of a file as it was: its nodes in their order, and the tensors that they take. */
export interface WrittenNetwork {
  readonly nodes: readonly OnnxNode[];
  readonly initializers: readonly OnnxTensor[];
}

/**
 * Networks that follow each other as the nodes of the files that they came from, with the model's values. Norms and
 * dropouts that would go by the batch do not.
 * @throws {RangeRefusal} If a tensor is of a type that files for inference do not have here.
 */
export function writeNetworks(calls: readonly ImportedNetworkSpec[], model: ValuedModel): WrittenNetwork {
  const nodes = calls.flatMap(({ network }) => network.nodes.map(writeNode));
  const made = new Set(nodes.flatMap(({ outputs }) => outputs));
  const taken = new Set(nodes.flatMap(({ inputs }) => inputs));
  const initializers = new Map<string, OnnxTensor>();
  for (const { layer, network } of calls) {
    for (const [name, numbers] of Object.entries(network.statics)) {
      // What was worked out before a cut is computed by the nodes before it.
      if (taken.has(name) && !made.has(name)) initializers.set(name, writeNumbers(name, numbers));
    }
    for (const weight of network.weights) {
      if (taken.has(weight.name)) initializers.set(weight.name, writeWeight(weight, { ...model, layer }));
    }
  }
  return { nodes, initializers: [...initializers.values()] };
}

/** A node as the file had it. */
export function writeNode(node: ImportedNode): OnnxNode {
  const end = node.op.lastIndexOf(".");
  const [domain, op] = [node.op.slice(0, Math.max(end, 0)), node.op.slice(end + 1)];
  const plain = {
    op,
    ...(domain === "" ? {} : { domain }),
    name: node.name,
    inputs: [...node.inputs],
    outputs: [...node.outputs],
    attributes: writeAttributes(node),
  };
  if (domain !== "") return plain;
  if (op === "BatchNormalization") return { ...plain, outputs: plain.outputs.slice(0, 1) };
  // Its third input, and in old operator sets nothing, says that it drops.
  return op === "Dropout" ? { ...plain, inputs: plain.inputs.slice(0, 2), outputs: plain.outputs.slice(0, 1) } : plain;
}

function writeAttributes({ op, attributes }: ImportedNode): Attributes {
  const { is_float: isFloat, data_type: dataType, ...others } = attributes;
  if (op === "BatchNormalization") return withoutTraining(others);
  const { value } = others;
  if (op !== "ConstantOfShape" || value?.kind !== "float" || isFloat?.kind !== "int") return others;
  const type = dataType?.kind === "string" ? dataType.value : undefined;
  const numbers = { isFloat: isFloat.value === 1, shape: [1], values: [value.value] };
  return { ...others, value: { kind: "tensor", value: encodeNumbers("", numbers, type) } };
}

function withoutTraining(attributes: Readonly<Record<string, AttributeValue>>): Attributes {
  const { training_mode: training, ...others } = attributes;
  return training?.kind === "int" && training.value !== 0 ? others : attributes;
}

type Numbers = ImportedNetwork["statics"][string];

function writeNumbers(name: string, numbers: Numbers): OnnxTensor {
  return encodeNumbers(name, numbers, numbers.dataType);
}

function encodeNumbers(
  name: string,
  { isFloat, shape, values }: Pick<Numbers, "isFloat" | "shape" | "values">,
  type: string = isFloat ? "float32" : "int64",
): OnnxTensor {
  const numbers = values.map((value) => {
    if (typeof value === "number") return value;
    throw new RangeRefusal(`"${name}" depends on the number of rows and stands in no file`);
  });
  const { dataType, bytes } = encode(name, numbers, type);
  return { name, shape: [...shape], dataType, bytes };
}

/** The largest and the smallest int64, which floats hold for "to the end". */
const INT64 = { least: -(2n ** 63n), most: 2n ** 63n - 1n };

function encode(
  name: string,
  values: ArrayLike<number>,
  type: string,
): { readonly dataType: DataType; readonly bytes: Uint8Array } {
  const wrap = (dataType: DataType, { buffer }: { readonly buffer: ArrayBuffer }) => ({
    dataType,
    bytes: new Uint8Array(buffer),
  });
  switch (type) {
    case "float32":
      return wrap(type, Float32Array.from(values));
    case "float16":
      return wrap(type, Float16Array.from(values));
    case "int64":
      return wrap(type, BigInt64Array.from(Array.from(values, toInt64)));
    case "int32":
      return wrap(type, Int32Array.from(values));
    case "int8":
      return wrap(type, Int8Array.from(values));
    case "uint8":
    case "bool":
      return wrap(type, Uint8Array.from(values));
  }
  throw new RangeRefusal(`"${name}" of the file is of ${type}, which exported files do not hold`);
}

function toInt64(value: number): bigint {
  const whole = BigInt(value);
  if (whole > INT64.most) return INT64.most;
  return whole < INT64.least ? INT64.least : whole;
}

function writeWeight(
  { name, shape, order, dataType }: ImportedNetwork["weights"][number],
  { layer, spec, parameters, state }: ValuedModel & { readonly layer: string },
): OnnxTensor {
  const full = `${layer}/${name}`;
  const isTrained = spec.layout.entries.some((entry) => entry.name === full);
  const entry = findEntry(isTrained ? spec.layout : spec.stateLayout, full);
  const own = viewEntry(isTrained ? parameters : state, entry);
  const values = order ? restoreOrder(own, shape, order) : own;
  const fileShape = order ? order.map((axis) => elementAt(shape, axis)) : shape;
  const { bytes, dataType: type } = encode(name, values, dataType ?? "float32");
  return { name, shape: [...fileShape], dataType: type, bytes };
}
