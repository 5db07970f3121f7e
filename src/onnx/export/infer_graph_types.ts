import { describeCause, SyntaxRefusal } from "../../core/errors/errors.ts";
import {
  type Attributes,
  ints,
  type OnnxGraph,
  type OnnxNode,
  type OnnxTensor,
  type ValueType,
} from "../file/onnx_model.ts";
import { OPERATORS, type Operator } from "../ops/operator.ts";
import { inferTypes } from "../ops/operators.ts";

/**
 * What every value of a file's graph is, by name, from its inputs and initializers on.
 * @param subject What messages begin with: the file.
 * @throws {SyntaxRefusal} If a node is none that Firn writes, or does not fit its inputs.
 */
export function inferGraphTypes(graph: OnnxGraph, subject: string): ReadonlyMap<string, ValueType> {
  const constants = new Map(graph.initializers.map((tensor) => [tensor.name, tensor]));
  const types = new Map<string, ValueType>(
    [...graph.inputs, ...graph.initializers].map((value) => [value.name, value]),
  );
  for (const node of graph.nodes) {
    for (const [place, type] of inferNode(node, { types, constants, subject }).entries()) {
      types.set(node.outputs[place] ?? "", type);
    }
  }
  return types;
}

interface KnownValues {
  readonly types: ReadonlyMap<string, ValueType>;
  readonly constants: ReadonlyMap<string, OnnxTensor>;
  readonly subject: string;
}

function inferNode(
  { op, domain = "", inputs, outputs, attributes }: OnnxNode,
  { types, constants, subject }: KnownValues,
): readonly ValueType[] {
  const act = `${subject}: ${op} (${outputs[0]})`;
  const quantized = inferQuantized(op, types.get(inputs[0] ?? ""));
  if (domain === "" && quantized) return [quantized];
  if (domain !== "" || !isOperator(op)) throw new SyntaxRefusal(`${act} is no operator that Firn writes`);
  const operands = inputs.map((name) => {
    const type = types.get(name);
    if (name === "" || type) return type;
    throw new SyntaxRefusal(`${act} takes ${JSON.stringify(name)}, which nothing before it makes`);
  });
  try {
    const constantOf = (index: number) => readNumbers(constants.get(inputs[index] ?? ""));
    return inferTypes(op, { operands, attributes: readAxes(op, attributes, constantOf(1)), constantOf });
  } catch (cause) {
    throw new SyntaxRefusal(`${act} does not fit its inputs: ${describeCause(cause)}`, { cause });
  }
}

/** From opset 18 on the axes of these are an input. */
function readAxes(op: Operator, attributes: Attributes, axes: readonly number[] | undefined): Attributes {
  return axes && (op === "ReduceMax" || op === "ReduceMean") ? { ...attributes, axes: ints(axes) } : attributes;
}

/** What the operators of quantised files give, which no graph of ours has otherwise; undefined for others. */
function inferQuantized(op: string, x: ValueType | undefined): ValueType | undefined {
  if (x && op === "QuantizeLinear") return { shape: x.shape, dataType: "uint8" };
  return x && op === "DequantizeLinear" ? { shape: x.shape, dataType: "float32" } : undefined;
}

function isOperator(op: string): op is Operator {
  return OPERATORS.some((name) => name === op);
}

/** The numbers of a constant: shapes, axes and factors. */
function readNumbers(tensor: OnnxTensor | undefined): number[] | undefined {
  if (!tensor || tensor.external) return undefined;
  const { buffer } = new Uint8Array(tensor.bytes);
  if (tensor.dataType === "int64") return Array.from(new BigInt64Array(buffer), Number);
  return tensor.dataType === "float32" ? [...new Float32Array(buffer)] : undefined;
}
