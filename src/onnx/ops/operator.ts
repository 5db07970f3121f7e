import type { ValueType } from "../file/onnx_model.ts";
import type { GradientRule } from "./backward_step.ts";
import type { NodeOperands } from "./operands.ts";

/** The ONNX operators that our graphs are made of. */
export const OPERATORS = [
  "Abs",
  "Add",
  "ArgMax",
  "AveragePool",
  "BatchNormalization",
  "Cast",
  "Clip",
  "Concat",
  "Conv",
  "ConvTranspose",
  "Div",
  "Elu",
  "Erf",
  "Exp",
  "Expand",
  "Flatten",
  "Gather",
  "Gemm",
  "Greater",
  "HardSigmoid",
  "Identity",
  "LayerNormalization",
  "LeakyRelu",
  "Log",
  "LogSoftmax",
  "MatMul",
  "Max",
  "MaxPool",
  "Min",
  "Mul",
  "Neg",
  "PRelu",
  "Pad",
  "Pow",
  "ReduceMax",
  "ReduceMean",
  "ReduceSum",
  "Relu",
  "Reshape",
  "Resize",
  "ScatterElements",
  "ScatterND",
  "Selu",
  "Sigmoid",
  "Size",
  "Slice",
  "Softmax",
  "Softplus",
  "Softsign",
  "Split",
  "Sqrt",
  "Sub",
  "Tanh",
  "ThresholdedRelu",
  "Transpose",
  "Where",
] as const;

/** The name of an operator that our graphs may use. */
export type Operator = (typeof OPERATORS)[number];

/** All that the compiler knows of an operator. */
export interface OperatorDefinition {
  /** The types of its outputs. @throws {RangeError} If the inputs do not fit together. */
  readonly infer: (node: NodeOperands) => readonly ValueType[];
  /** Undefined where there is no gradient: differentiating through it is an error. */
  readonly gradient: GradientRule | undefined;
}

/** Operators that stand in one file. */
export type OperatorFamily = Partial<Readonly<Record<Operator, OperatorDefinition>>>;
