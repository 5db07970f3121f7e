import { float, int, ints } from "../../../src/onnx/file/onnx_model.ts";
import { normalizeByBatch } from "../../../src/onnx/layers/normalization/normalize_by_batch.ts";
import type { Operator } from "../../../src/onnx/ops/operator.ts";
import { CHOICE_CASES } from "./choice_cases.ts";
import type { GradientCase } from "./gradient_case.ts";
import { SEQUENCE_CASES } from "./sequence_cases.ts";
import { WINDOW_GRADIENT_CASES } from "./window_gradient_cases.ts";

function elementwise(op: Operator, shift = 0): GradientCase {
  return { name: op, op, shapes: [[2, 3]], shift, add: (graph, [x = ""]) => graph.node(op, [x]) };
}

function binary(op: Operator, shapes: readonly [readonly number[], readonly number[]], shift = 0): GradientCase {
  const name = `${op} of [${shapes[0].join(", ")}] and [${shapes[1].join(", ")}]`;
  return { name, op, shapes, shift, add: (graph, inputs) => graph.node(op, inputs) };
}

/** At least one case an operator that has a gradient rule. */
export const GRADIENT_CASES: readonly GradientCase[] = [
  ...(["Add", "Sub", "Mul", "Max", "Min"] as const).flatMap((op) => [
    binary(op, [
      [2, 3],
      [2, 3],
    ]),
    binary(op, [[2, 3], [3]]),
    binary(op, [
      [2, 1],
      [4, 1, 3],
    ]),
    binary(op, [[], [2, 2]]),
  ]),
  binary(
    "Div",
    [
      [2, 3],
      [2, 3],
    ],
    3,
  ),
  binary(
    "Div",
    [
      [2, 3],
      [1, 3],
    ],
    3,
  ),
  binary("MatMul", [
    [2, 4],
    [4, 3],
  ]),
  binary("Gemm", [
    [2, 4],
    [4, 3],
  ]),
  {
    name: "Gemm with a turned second matrix and a bias",
    op: "Gemm",
    shapes: [[2, 3], [4, 3], [4]],
    add: (graph, inputs) => graph.node("Gemm", inputs, { transB: int(1) }),
  },
  {
    name: "Gemm with a bias",
    op: "Gemm",
    shapes: [[2, 4], [4, 3], [3]],
    add: (graph, inputs) => graph.node("Gemm", inputs),
  },
  ...(
    ["Exp", "Identity", "Neg", "Relu", "Sigmoid", "Tanh", "Softplus", "Softsign", "Erf", "Abs", "Cos", "Sin"] as const
  ).map((op) => elementwise(op)),
  {
    name: "BatchNormalization by given statistics",
    op: "BatchNormalization",
    shapes: [[2, 3, 2], [3], [3], [3], [3]],
    shift: 2.5,
    add: (graph, inputs) => graph.node("BatchNormalization", inputs, { epsilon: float(0.1) }),
  },
  ...([1, 2] as const).map(
    (channelAxis): GradientCase => ({
      name: `batch normalization by the batch's own statistics, channels on axis ${channelAxis}`,
      op: "BatchNormalization",
      shapes: [[4, 3, 3], [3], [3]],
      add: (graph, [x = "", gamma = "", beta = ""]) =>
        normalizeByBatch({ x, gamma, beta, channelAxis, epsilon: 0.1 }, graph).y,
    }),
  ),
  binary("Pow", [[2, 3], [3]], 3),
  elementwise("Log", 3),
  elementwise("Sqrt", 3),
  {
    name: "Clip",
    op: "Clip",
    shapes: [[3, 4]],
    add: (graph, [x = ""]) => graph.node("Clip", [x, graph.constant(-1), graph.constant(1)]),
  },
  {
    name: "Elu with alpha 0.7",
    op: "Elu",
    shapes: [[3, 4]],
    add: (graph, [x = ""]) => graph.node("Elu", [x], { alpha: float(0.7) }),
  },
  elementwise("Selu"),
  {
    name: "LeakyRelu with alpha 0.3",
    op: "LeakyRelu",
    shapes: [[3, 4]],
    add: (graph, [x = ""]) => graph.node("LeakyRelu", [x], { alpha: float(0.3) }),
  },
  {
    name: "HardSigmoid with bounds inside the drawn values",
    op: "HardSigmoid",
    shapes: [[3, 4]],
    add: (graph, [x = ""]) => graph.node("HardSigmoid", [x], { alpha: float(0.5), beta: float(0.5) }),
  },
  ...([0, 1, -1] as const).flatMap((axis): GradientCase[] =>
    (["Softmax", "LogSoftmax"] as const).map((op) => ({
      name: `${op} along axis ${axis}`,
      op,
      shapes: [[3, 4]],
      add: (graph, [x = ""]) => graph.node(op, [x], { axis: int(axis) }),
    })),
  ),
  {
    name: "Flatten",
    op: "Flatten",
    shapes: [[2, 3, 2]],
    add: (graph, [x = ""]) => graph.node("Flatten", [x], { axis: int(1) }),
  },
  {
    name: "Reshape",
    op: "Reshape",
    shapes: [[2, 6]],
    add: (graph, [x = ""]) => graph.node("Reshape", [x, graph.integers([0, 3, -1])]),
  },
  {
    name: "Transpose",
    op: "Transpose",
    shapes: [[2, 3, 4]],
    add: (graph, [x = ""]) => graph.node("Transpose", [x], { perm: ints([2, 0, 1]) }),
  },
  {
    name: "Concat",
    op: "Concat",
    shapes: [
      [2, 3],
      [2, 1],
      [2, 2],
    ],
    add: (graph, inputs) => graph.node("Concat", inputs, { axis: int(1) }),
  },
  ...[true, false].flatMap((isKept): GradientCase[] => [
    {
      name: `ReduceSum, axis ${isKept ? "kept" : "dropped"}`,
      op: "ReduceSum",
      shapes: [[2, 3, 2]],
      add: (graph, [x = ""]) => graph.node("ReduceSum", [x, graph.integers([1])], { keepdims: int(isKept ? 1 : 0) }),
    },
    {
      name: `ReduceMean, axes ${isKept ? "kept" : "dropped"}`,
      op: "ReduceMean",
      shapes: [[2, 3, 2]],
      add: (graph, [x = ""]) => graph.node("ReduceMean", [x], { axes: ints([1, 2]), keepdims: int(isKept ? 1 : 0) }),
    },
  ]),
  ...CHOICE_CASES,
  ...WINDOW_GRADIENT_CASES,
  ...SEQUENCE_CASES,
];
