import type { Attributes, Shape } from "./file/onnx_model.ts";
import type { ValueName } from "./graph.ts";
import type { Operator } from "./ops/operator.ts";

/** A value that is another one with its axes in another order: axis i of it is axis order[i] of `x`. */
export interface Transposed {
  readonly x: ValueName;
  readonly order: readonly number[];
}

/**
 * The gradient of a convolution's kernel as one convolution, which is best on the processor, or as one matrix product a
 * tap.
 */
export type KernelGradientForm = "convolution" | "products";

/**
 * What gradient rules and moved transposes need of the graph that they add to; `GraphBuilder` implements it. It stands
 * apart because the builder needs the operators, and they need a graph.
 */
export interface GrowingGraph {
  /** How the gradients of convolutions' kernels are computed. */
  readonly kernelGradient: KernelGradientForm;

  /**
   * Adds an operator and returns its first output, or an equal value made with less moving of data.
   * @throws {RangeError} If the shapes do not fit.
   */
  node(op: Operator, inputs: readonly ValueName[], attributes?: Attributes): ValueName;

  /** Adds an operator and returns all of its outputs. @throws {RangeError} If the shapes do not fit. */
  manyOutputs(op: Operator, inputs: readonly ValueName[], attributes?: Attributes): readonly ValueName[];

  /** A float constant: a scalar [], unless a shape is given. Equal constants are one. */
  constant(values: number | readonly number[], shape?: readonly number[]): ValueName;

  /** A list of integers as a constant [length] of int64: axes, shapes, bounds. */
  integers(values: readonly number[]): ValueName;

  /** The numbers of a constant, or undefined where the value is not one. */
  readConstant(name: ValueName): readonly number[] | undefined;

  /** The shape of a value, [N, …]. @throws {RangeError} If there is none of that name. */
  shapeOf(name: ValueName): Shape;

  /** What a value is a transpose of; undefined where it is not one. */
  transposedBy(name: ValueName): Transposed | undefined;
}
