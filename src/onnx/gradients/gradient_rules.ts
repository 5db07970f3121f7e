import type { Operator } from "../operator.ts";
import * as activations from "./activation_gradients.ts";
import { gradientOfBatchNormalization } from "./batch_normalization_gradient.ts";
import * as elementwise from "./elementwise_gradients.ts";
import type { GradientRule } from "./gradient_rule.ts";
import { gradientOfGemm, gradientOfMatMul } from "./matrix_gradients.ts";
import * as shapes from "./shape_gradients.ts";

/** The rule of each operator; undefined where there is no gradient, so that differentiating through it is an error. */
export const GRADIENT_RULES: Readonly<Record<Operator, GradientRule | undefined>> = {
  Abs: undefined,
  Add: elementwise.gradientOfAdd,
  BatchNormalization: gradientOfBatchNormalization,
  Cast: undefined,
  Clip: activations.gradientOfClip,
  Concat: shapes.gradientOfConcat,
  Div: elementwise.gradientOfDiv,
  Elu: activations.gradientOfElu,
  Erf: activations.gradientOfErf,
  Exp: elementwise.gradientOfExp,
  Flatten: shapes.gradientOfReshape,
  Gather: undefined,
  Gemm: gradientOfGemm,
  Greater: undefined,
  HardSigmoid: activations.gradientOfHardSigmoid,
  Identity: elementwise.gradientOfIdentity,
  LeakyRelu: activations.gradientOfLeakyRelu,
  Log: elementwise.gradientOfLog,
  LogSoftmax: activations.gradientOfLogSoftmax,
  MatMul: gradientOfMatMul,
  Max: elementwise.gradientOfMax,
  Min: elementwise.gradientOfMin,
  Mul: elementwise.gradientOfMul,
  Neg: elementwise.gradientOfNeg,
  ReduceMean: shapes.gradientOfReduceMean,
  ReduceSum: shapes.gradientOfReduceSum,
  Relu: activations.gradientOfRelu,
  Reshape: shapes.gradientOfReshape,
  Selu: activations.gradientOfSelu,
  Sigmoid: activations.gradientOfSigmoid,
  Size: undefined,
  Slice: undefined,
  Softmax: activations.gradientOfSoftmax,
  Softplus: activations.gradientOfSoftplus,
  Softsign: activations.gradientOfSoftsign,
  Sqrt: elementwise.gradientOfSqrt,
  Sub: elementwise.gradientOfSub,
  Tanh: activations.gradientOfTanh,
  Transpose: shapes.gradientOfTranspose,
  Where: undefined,
};
