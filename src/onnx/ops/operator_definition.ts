import type { ValueType } from "../file/onnx_model.ts";
import type { GradientRule } from "./backward_step.ts";
import type { NodeOperands } from "./operands.ts";
import type { Operator } from "./operator.ts";

/** All that the compiler knows of an operator. */
export interface OperatorDefinition {
  /** The types of its outputs. @throws {RangeError} If the inputs do not fit together. */
  readonly infer: (node: NodeOperands) => readonly ValueType[];
  /** Undefined where there is no gradient: differentiating through it is an error. */
  readonly gradient: GradientRule | undefined;
}

/** Operators that stand in one file. */
export type OperatorFamily = Partial<Readonly<Record<Operator, OperatorDefinition>>>;
