import type { Operator } from "../ops/operator.ts";
import type { HalfPrecision } from "./precision.ts";

/**
 * What an operator is computed in, in a graph of half precision.
 * - `half`: what takes the time, products of matrices and convolutions; they add up in float32 inside.
 * - `follows`: in half where all of its operands are there in half, or are parameters or constants; else in float32.
 * - `float32`: sums, exponentials, roots, quotients, normalisations and losses, whose range or rounding half precision
 *   does not bear; recurrent operators and loops, for what is within them; what moves integers.
 * @see Micikevicius et al. 2018, Mixed Precision Training, arXiv:1710.03740
 */
export type HalfRule = "half" | "follows" | "float32";

const RULES: Readonly<Record<Operator, HalfRule>> = {
  Abs: "follows",
  Add: "follows",
  ArgMax: "float32",
  AveragePool: "follows",
  BatchNormalization: "float32",
  Cast: "float32",
  Ceil: "float32",
  Clip: "float32",
  Concat: "follows",
  Conv: "half",
  ConvTranspose: "half",
  Cos: "float32",
  Div: "float32",
  Elu: "float32",
  Erf: "follows",
  Exp: "float32",
  Expand: "follows",
  Flatten: "follows",
  Floor: "float32",
  GRU: "float32",
  Gather: "follows",
  GatherElements: "float32",
  Gemm: "half",
  Greater: "follows",
  // But for the step of an activation's gradient, which `convertPrecision` writes in another way.
  HardSigmoid: "float32",
  Identity: "follows",
  LSTM: "float32",
  LayerNormalization: "float32",
  LeakyRelu: "follows",
  Log: "float32",
  LogSoftmax: "float32",
  MatMul: "half",
  Max: "follows",
  MaxPool: "follows",
  Min: "follows",
  Mul: "follows",
  Neg: "follows",
  PRelu: "follows",
  Pad: "follows",
  Pow: "float32",
  RNN: "float32",
  ReduceMax: "float32",
  ReduceMean: "float32",
  ReduceSum: "float32",
  Relu: "follows",
  Reshape: "follows",
  Resize: "float32",
  Round: "float32",
  Scan: "float32",
  ScatterElements: "float32",
  ScatterND: "float32",
  Selu: "float32",
  Sigmoid: "follows",
  Sign: "follows",
  Sin: "float32",
  Size: "float32",
  Slice: "follows",
  Softmax: "float32",
  Softplus: "float32",
  Softsign: "float32",
  Split: "follows",
  Sqrt: "float32",
  Sub: "follows",
  Tanh: "follows",
  ThresholdedRelu: "float32",
  Transpose: "follows",
  Where: "follows",
};

/** What operator set 17 does not have for bfloat16. */
const WITHOUT_BFLOAT16 = new Set<Operator>(["AveragePool", "Conv", "ConvTranspose", "MaxPool"]);

/** What an operator is computed in. */
export function findHalfRule(op: Operator, precision: HalfPrecision): HalfRule {
  return precision === "bfloat16" && WITHOUT_BFLOAT16.has(op) ? "float32" : RULES[op];
}
