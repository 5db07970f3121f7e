import type { Operator } from "../operator.ts";
import * as activations from "./activation_gradients.ts";
import { gradientOfBatchNormalization } from "./batch_normalization_gradient.ts";
import { gradientOfAveragePool, gradientOfConv, gradientOfConvTranspose } from "./convolution_gradients.ts";
import * as elementwise from "./elementwise_gradients.ts";
import type { GradientRule } from "./gradient_rule.ts";
import { gradientOfGemm, gradientOfMatMul } from "./matrix_gradients.ts";
import * as sequences from "./sequence_gradients.ts";
import * as shapes from "./shape_gradients.ts";
import * as windows from "./window_gradients.ts";

/** The rule of each operator; undefined where there is no gradient, so that differentiating through it is an error. */
export const GRADIENT_RULES: Readonly<Record<Operator, GradientRule | undefined>> = {
  Abs: undefined,
  Add: elementwise.gradientOfAdd,
  ArgMax: undefined,
  AveragePool: gradientOfAveragePool,
  BatchNormalization: gradientOfBatchNormalization,
  Cast: undefined,
  Clip: activations.gradientOfClip,
  Concat: shapes.gradientOfConcat,
  Conv: gradientOfConv,
  ConvTranspose: gradientOfConvTranspose,
  Div: elementwise.gradientOfDiv,
  Elu: activations.gradientOfElu,
  Erf: activations.gradientOfErf,
  Exp: elementwise.gradientOfExp,
  Expand: sequences.gradientOfExpand,
  Flatten: shapes.gradientOfReshape,
  Gather: sequences.gradientOfGather,
  Gemm: gradientOfGemm,
  Greater: undefined,
  HardSigmoid: activations.gradientOfHardSigmoid,
  Identity: elementwise.gradientOfIdentity,
  LayerNormalization: undefined,
  LeakyRelu: activations.gradientOfLeakyRelu,
  Log: elementwise.gradientOfLog,
  LogSoftmax: activations.gradientOfLogSoftmax,
  MatMul: gradientOfMatMul,
  Max: elementwise.gradientOfMax,
  MaxPool: windows.gradientOfMaxPool,
  Min: elementwise.gradientOfMin,
  Mul: elementwise.gradientOfMul,
  Neg: elementwise.gradientOfNeg,
  PRelu: sequences.gradientOfPRelu,
  Pad: windows.gradientOfPad,
  Pow: undefined,
  ReduceMax: windows.gradientOfReduceMax,
  ReduceMean: shapes.gradientOfReduceMean,
  ReduceSum: shapes.gradientOfReduceSum,
  Relu: activations.gradientOfRelu,
  Reshape: shapes.gradientOfReshape,
  Resize: windows.gradientOfResize,
  ScatterElements: undefined,
  ScatterND: undefined,
  Selu: activations.gradientOfSelu,
  Sigmoid: activations.gradientOfSigmoid,
  Size: undefined,
  Slice: windows.gradientOfSlice,
  Softmax: activations.gradientOfSoftmax,
  Softplus: activations.gradientOfSoftplus,
  Softsign: activations.gradientOfSoftsign,
  Split: sequences.gradientOfSplit,
  Sqrt: elementwise.gradientOfSqrt,
  Sub: elementwise.gradientOfSub,
  Tanh: activations.gradientOfTanh,
  ThresholdedRelu: sequences.gradientOfThresholdedRelu,
  Transpose: shapes.gradientOfTranspose,
  Where: undefined,
};
