import { needs, RangeRefusal } from "../../core/errors/errors.ts";
import type { Attributes, AttributeValue, Dimension, OnnxGraph, Shape, ValueType } from "../file/onnx_model.ts";
import { broadcastShapes } from "../shape.ts";

/** What a shape rule sees of a node. */
export interface NodeOperands {
  /** One an input; undefined where an optional input is left out. */
  readonly operands: readonly (ValueType | undefined)[];
  readonly attributes: Attributes;
  /** The numbers of the input at `index` where it is a constant: shapes and axes come as inputs. */
  constantOf(index: number): readonly number[] | undefined;
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
  throw new RangeRefusal(needs(`the attribute "${name}"`, "a list of integers", attribute?.value));
}

/** The value of an attribute that must be a graph. @throws {RangeError} If it is not. */
export function readGraph(attributes: Attributes, name: string): OnnxGraph {
  const attribute: AttributeValue | undefined = attributes[name];
  if (attribute?.kind === "graph") return attribute.value;
  throw new RangeRefusal(needs(`the attribute "${name}"`, "a graph", attribute?.kind));
}

/** A float32 value of this shape. */
export function float32(shape: Shape): ValueType {
  return { shape, dataType: "float32" };
}

/** The shape of the input at `index`. @throws {RangeError} If there is none. */
export function shapeAt(node: NodeOperands, index: number): Shape {
  return typeAt(node, index).shape;
}

/** The type of the input at `index`. @throws {RangeError} If there is none. */
export function typeAt(node: NodeOperands, index: number): ValueType {
  const operand = node.operands[index];
  if (!operand) throw new RangeRefusal(needs("the operator", `an input ${index}`, operand));
  return operand;
}

/** The numbers of the constant input at `index`. @throws {RangeError} If it is not a constant. */
export function constantAt(node: NodeOperands, index: number): readonly number[] {
  const constant = node.constantOf(index);
  if (!constant) throw new RangeRefusal(needs("the operator", `a constant as input ${index}`, constant));
  return constant;
}

/** The length of an axis. @throws {RangeError} If there is no such axis. */
export function dimensionAt(shape: Shape, axis: number): Dimension {
  const dimension = shape[axis];
  if (dimension === undefined) throw new RangeRefusal(needs("the axis", `one below ${shape.length}`, axis));
  return dimension;
}

/** One float32 output of the first input's shape. */
export function sameShape(node: NodeOperands): readonly ValueType[] {
  return [float32(shapeAt(node, 0))];
}

/** One float32 output of the shape that two inputs are broadcast to. */
export function broadcastTypes(node: NodeOperands): readonly ValueType[] {
  return [float32(broadcastShapes(shapeAt(node, 0), shapeAt(node, 1)))];
}
