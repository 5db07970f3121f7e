import { cannot, describeCause, RangeRefusal } from "../core/errors.ts";
import type { Attributes, AttributeValue, Dimension, Shape, ValueType } from "./file/onnx_model.ts";
import type { Operator } from "./operator.ts";
import { broadcastShapes, describeShape, multiplyDimensions, resolveAxis } from "./shape.ts";
import {
  expandShape,
  layerNormalizationShapes,
  learnedReluShape,
  scatterShape,
  splitShapes,
} from "./specs/sequence_shapes.ts";
import { convShape, convTransposeShape, padShape, poolShape, resizeShape } from "./specs/window_shapes.ts";

/** What a shape rule sees of a node. */
export interface NodeOperands {
  /** One an input; undefined where an optional input is left out. */
  readonly operands: readonly (ValueType | undefined)[];
  readonly attributes: Attributes;
  /** The numbers of the input at `index` where it is a constant: shapes and axes come as inputs. */
  constantOf(index: number): readonly number[] | undefined;
}

/** What a node makes of its inputs. @throws {RangeError} If they do not fit together. */
export function inferTypes(op: Operator, node: NodeOperands): readonly ValueType[] {
  try {
    return inferAll(op, node);
  } catch (cause) {
    const shapes = node.operands.map((operand) => (operand ? describeShape(operand.shape) : "nothing")).join(", ");
    throw new RangeRefusal(`Cannot add ${op} on ${shapes} to the graph: ${describeCause(cause)}`, { cause });
  }
}

/** Operators with several outputs. */
type WideOperator = "LayerNormalization" | "MaxPool" | "Split";

function inferAll(op: Operator, node: NodeOperands): readonly ValueType[] {
  switch (op) {
    case "LayerNormalization": {
      const axis = readInt(node.attributes, "axis", -1);
      return layerNormalizationShapes(shapeAt(node, 0), shapeAt(node, 1), axis).map(float32);
    }
    case "MaxPool": {
      const shape = poolShape(shapeAt(node, 0), node.attributes);
      // The positions of the largest values, counted through all of the input.
      return [float32(shape), { shape, dataType: "int64" }];
    }
    case "Split":
      return splitShapes(shapeAt(node, 0), readInt(node.attributes, "axis", 0), constantAt(node, 1)).map(float32);
    default:
      return [inferType(op, node)];
  }
}

function inferType(op: Exclude<Operator, WideOperator>, node: NodeOperands): ValueType {
  switch (op) {
    case "Add":
    case "Div":
    case "Max":
    case "Min":
    case "Mul":
    case "Pow":
    case "Sub":
      return float32(broadcastShapes(shapeAt(node, 0), shapeAt(node, 1)));
    case "ArgMax":
      return {
        shape: reduceShape(shapeAt(node, 0), [readInt(node.attributes, "axis", 0)], node.attributes),
        dataType: "int64",
      };
    case "Greater":
      return { shape: broadcastShapes(shapeAt(node, 0), shapeAt(node, 1)), dataType: "bool" };
    case "BatchNormalization":
      return float32(batchNormalizationShape(node));
    case "Cast":
      return { shape: shapeAt(node, 0), dataType: readInt(node.attributes, "to", 1) === 7 ? "int64" : "float32" };
    case "Size":
      return { shape: [], dataType: "int64" };
    case "Where":
      return float32(broadcastShapes(shapeAt(node, 0), broadcastShapes(shapeAt(node, 1), shapeAt(node, 2))));
    case "Abs":
    case "Clip":
    case "Elu":
    case "Erf":
    case "Exp":
    case "HardSigmoid":
    case "Identity":
    case "LeakyRelu":
    case "Log":
    case "LogSoftmax":
    case "Neg":
    case "Relu":
    case "Selu":
    case "Sigmoid":
    case "Softmax":
    case "Softplus":
    case "Softsign":
    case "Sqrt":
    case "Tanh":
      return float32(shapeAt(node, 0));
    case "AveragePool":
      return float32(poolShape(shapeAt(node, 0), node.attributes));
    case "Conv":
      return float32(convShape(shapeAt(node, 0), shapeAt(node, 1), node.attributes));
    case "ConvTranspose":
      return float32(convTransposeShape(shapeAt(node, 0), shapeAt(node, 1), node.attributes));
    case "Pad":
      return float32(padShape(shapeAt(node, 0), constantAt(node, 1)));
    case "Resize":
      return float32(resizeShape(shapeAt(node, 0), constantAt(node, 2)));
    case "Expand":
      return float32(expandShape(shapeAt(node, 0), constantAt(node, 1)));
    case "PRelu":
      return float32(learnedReluShape(shapeAt(node, 0), shapeAt(node, 1)));
    case "ScatterND":
      return float32(scatterShape(shapeAt(node, 0), shapeAt(node, 1), shapeAt(node, 2)));
    case "ThresholdedRelu":
    case "ScatterElements":
      return float32(shapeAt(node, 0));
    case "Concat":
      return float32(concatShapes(node));
    case "Flatten":
      return float32(flattenShape(shapeAt(node, 0), readInt(node.attributes, "axis", 1)));
    case "Gather":
      return { shape: gatherShape(node), dataType: node.operands[0]?.dataType ?? "float32" };
    case "Gemm":
      return float32(gemmShape(node));
    case "MatMul":
      return float32(matMulShape(shapeAt(node, 0), shapeAt(node, 1)));
    case "ReduceMax":
    case "ReduceMean":
      return float32(reduceShape(shapeAt(node, 0), readInts(node.attributes, "axes"), node.attributes));
    case "ReduceSum":
      return float32(reduceShape(shapeAt(node, 0), constantAt(node, 1), node.attributes));
    case "Reshape":
      return { ...typeAt(node, 0), shape: reshapeShape(shapeAt(node, 0), constantAt(node, 1)) };
    case "Slice":
      return float32(sliceShape(node));
    case "Transpose":
      return float32(readInts(node.attributes, "perm").map((axis) => dimensionAt(shapeAt(node, 0), axis)));
  }
}

/** The value of an integer attribute, or `fallback` where there is none. */
export function readInt(attributes: Attributes, name: string, fallback: number): number {
  const attribute = attributes[name];
  return attribute?.kind === "int" ? attribute.value : fallback;
}

/** The value of a float attribute, or `fallback` where there is none. */
export function readFloat(attributes: Attributes, name: string, fallback: number): number {
  const attribute = attributes[name];
  return attribute?.kind === "float" ? attribute.value : fallback;
}

/** The value of an attribute that must be a list of integers. @throws {RangeError} If it is not. */
export function readInts(attributes: Attributes, name: string): readonly number[] {
  const attribute: AttributeValue | undefined = attributes[name];
  if (attribute?.kind === "ints") return attribute.value;
  throw new RangeRefusal(cannot(`read the attribute "${name}"`, "a list of integers", attribute?.value));
}

function float32(shape: Shape): ValueType {
  return { shape, dataType: "float32" };
}

function shapeAt(node: NodeOperands, index: number): Shape {
  return typeAt(node, index).shape;
}

function typeAt(node: NodeOperands, index: number): ValueType {
  const operand = node.operands[index];
  if (!operand) throw new RangeRefusal(cannot("infer a shape", `an input ${index}`, operand));
  return operand;
}

function constantAt(node: NodeOperands, index: number): readonly number[] {
  const constant = node.constantOf(index);
  if (!constant) throw new RangeRefusal(cannot("infer a shape", `a constant as input ${index}`, constant));
  return constant;
}

function dimensionAt(shape: Shape, axis: number): Dimension {
  const dimension = shape[axis];
  if (dimension === undefined) throw new RangeRefusal(cannot("find an axis", `one below ${shape.length}`, axis));
  return dimension;
}

function concatShapes(node: NodeOperands): Shape {
  const first = shapeAt(node, 0);
  const axis = resolveAxis(readInt(node.attributes, "axis", 0), first.length);
  let length = 0;
  for (const operand of node.operands) {
    const part = operand?.shape[axis];
    const others = operand?.shape.every((dimension, i) => i === axis || dimension === first[i]);
    if (typeof part !== "number" || !others || operand?.shape.length !== first.length) {
      throw new RangeRefusal(cannot("concatenate", `shapes equal but for axis ${axis}`, operand?.shape));
    }
    length += part;
  }
  return first.with(axis, length);
}

/** [N, C, …], with scale, shift, mean and variance [C]. */
function batchNormalizationShape(node: NodeOperands): Shape {
  const shape = shapeAt(node, 0);
  for (const index of [1, 2, 3, 4]) {
    if (shapeAt(node, index).length === 1 && shapeAt(node, index)[0] === shape[1]) continue;
    throw new RangeRefusal(cannot("normalize", `${shape[1]} channels in input ${index}`, shapeAt(node, index)));
  }
  return shape;
}

function flattenShape(shape: Shape, axis: number): Shape {
  return [multiplyDimensions(shape.slice(0, axis)), multiplyDimensions(shape.slice(axis))];
}

/** The elements of x [a, …] that indices [i, …] name along an axis: that axis gives way to those of the indices. */
function gatherShape(node: NodeOperands): Shape {
  const x = shapeAt(node, 0);
  const axis = resolveAxis(readInt(node.attributes, "axis", 0), x.length);
  return [...x.slice(0, axis), ...shapeAt(node, 1), ...x.slice(axis + 1)];
}

/** [m, k] · [k, n], either of them transposed first if the attributes say so. */
function gemmShape(node: NodeOperands): Shape {
  const a = transposeIf(readInt(node.attributes, "transA", 0), shapeAt(node, 0));
  const b = transposeIf(readInt(node.attributes, "transB", 0), shapeAt(node, 1));
  if (a.length !== 2 || b.length !== 2) throw new RangeRefusal(cannot("multiply matrices", "two of rank 2", a.length));
  return matMulShape(a, b);
}

function transposeIf(transposed: number, shape: Shape): Shape {
  return transposed === 1 ? shape.toReversed() : shape;
}

function matMulShape(a: Shape, b: Shape): Shape {
  const inner = a.at(-1);
  if (b.length === 1) {
    if (inner !== b[0]) throw new RangeRefusal(cannot("multiply matrices", `${inner} rows on the right`, b[0]));
    return a.slice(0, -1);
  }
  if (inner !== b.at(-2)) throw new RangeRefusal(cannot("multiply matrices", `${inner} rows on the right`, b.at(-2)));
  const batch = broadcastShapes(a.slice(0, -2), b.slice(0, -2));
  return [...batch, ...a.slice(-2, -1), ...b.slice(-1)];
}

function reduceShape(shape: Shape, axes: readonly number[], attributes: Attributes): Shape {
  const reduced = new Set(axes.map((axis) => resolveAxis(axis, shape.length)));
  if (readInt(attributes, "keepdims", 1) === 1) return shape.map((dimension, i) => (reduced.has(i) ? 1 : dimension));
  return shape.filter((_, i) => !reduced.has(i));
}

/** 0 keeps the length of that axis, −1 takes what is left. */
function reshapeShape(shape: Shape, wanted: readonly number[]): Shape {
  const kept = wanted.map((length, i): Dimension => (length === 0 ? dimensionAt(shape, i) : length));
  const open = kept.indexOf(-1);
  const total = multiplyDimensions(shape);
  if (open < 0) {
    if (multiplyDimensions(kept) === total) return kept;
    throw new RangeRefusal(cannot("reshape", `${total} elements`, kept));
  }
  const rest = multiplyDimensions(kept.filter((_, i) => i !== open));
  return kept.with(open, divideDimension(total, rest));
}

function divideDimension(total: Dimension, part: Dimension): Dimension {
  const countOf = (dimension: Dimension) =>
    typeof dimension === "number" ? dimension : dimension === "N" ? 1 : Number(dimension.slice(2));
  const quotient = countOf(total) / countOf(part);
  const isBatchLeft = typeof total !== "number" && typeof part === "number";
  if (!Number.isInteger(quotient) || (typeof part !== "number" && typeof total === "number")) {
    throw new RangeRefusal(cannot("reshape", `a part of ${total} elements`, part));
  }
  return multiplyDimensions(isBatchLeft ? ["N", quotient] : [quotient]);
}

/** Slice along constant axes with step 1; ends count from the start. */
function sliceShape(node: NodeOperands): Shape {
  const [starts, ends, axes] = [constantAt(node, 1), constantAt(node, 2), constantAt(node, 3)];
  let shape = shapeAt(node, 0);
  for (const [i, axis] of axes.entries()) {
    const length = dimensionAt(shape, axis);
    const start = starts[i] ?? 0;
    const end = ends[i] ?? 0;
    if (typeof length !== "number" || start < 0 || end > length || start > end) {
      throw new RangeRefusal(cannot("slice", `a range within ${length}`, [start, end]));
    }
    shape = shape.with(axis, end - start);
  }
  return shape;
}
