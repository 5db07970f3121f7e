import { RangeRefusal } from "../../core/errors/errors.ts";
import { int, type OnnxGraph, type OnnxNode, type OnnxTensor, type ValueInfo } from "../file/onnx_model.ts";
import { DATA_TYPE_NUMBERS } from "../file/onnx_numbers.ts";
import { createNamer, readFloats } from "./edit_graph.ts";

/** The largest number of float16. */
const MAX_FLOAT16 = 65504;

/** Inputs that stay of float32, by operator: ONNX says so. */
const FLOAT32_INPUTS: Readonly<Record<string, readonly number[]>> = { Resize: [2] };

/**
 * The graph that computes in float16 and keeps its numbers so, half as large: its inputs and outputs stay as they are.
 * Numbers beyond ±65504 become that.
 * @throws {RangeRefusal} If a node runs a graph of its own.
 */
export function toFloat16(graph: OnnxGraph): OnnxGraph {
  const pickName = createNamer(graph);
  const halves = new Map<string, string>();
  const isFloat = ({ dataType }: ValueInfo | OnnxTensor) => dataType === "float32";
  const kept = new Set(
    graph.nodes.flatMap(({ op, inputs }) => (FLOAT32_INPUTS[op] ?? []).map((at) => inputs[at] ?? "")),
  );
  const before = graph.inputs.filter(isFloat).map((input) => {
    const half = pickName(`${input.name}/half`);
    halves.set(input.name, half);
    return createCast(input.name, half, DATA_TYPE_NUMBERS.float16);
  });
  const initializers = graph.initializers.map((tensor) =>
    isFloat(tensor) && !kept.has(tensor.name) ? halveTensor(tensor) : tensor,
  );
  const behind = graph.outputs.filter(isFloat).map(({ name }) => {
    const half = halves.get(name) ?? pickName(`${name}/half`);
    halves.set(name, half);
    return createCast(half, name, DATA_TYPE_NUMBERS.float32);
  });
  const rename = (name: string) => halves.get(name) ?? name;
  const nodes = graph.nodes.map((node) => {
    if (Object.values(node.attributes).some(({ kind }) => kind === "graph")) {
      throw new RangeRefusal(`precision float16: "${node.name}" is a ${node.op}, whose graph stays in float32`);
    }
    const { to } = node.attributes;
    const isCast = node.op === "Cast" && to?.kind === "int" && to.value === DATA_TYPE_NUMBERS.float32;
    const outputs = node.outputs.map(rename);
    return {
      ...node,
      name: outputs[0] ?? node.name,
      inputs: node.inputs.map(rename),
      outputs,
      ...(isCast ? { attributes: { to: int(DATA_TYPE_NUMBERS.float16) } } : {}),
    };
  });
  return { ...graph, initializers, nodes: [...before, ...nodes, ...behind] };
}

function createCast(from: string, to: string, dataType: number): OnnxNode {
  return { op: "Cast", name: to, inputs: [from], outputs: [to], attributes: { to: int(dataType) } };
}

function halveTensor(tensor: OnnxTensor): OnnxTensor {
  const values = new Float16Array(readFloats(tensor).map((x) => Math.min(Math.max(x, -MAX_FLOAT16), MAX_FLOAT16)));
  return { ...tensor, dataType: "float16", bytes: new Uint8Array(values.buffer) };
}
