import { int } from "../../../../src/onnx/file/onnx_model.ts";
import { axes, type ImportCase, single, whole } from "./import_case.ts";

const X = [2, 3, 4];

/** The settings that all reductions have; axes became an input in set 13 for sums, in 18 for the others. */
function reductions(rule: string, inputSince: number, shift = 0): ImportCase[] {
  return [
    single(rule, "one axis, kept", { x: X, shift, opset: 11, attributes: axes(1) }),
    single(rule, "two axes, dropped", { x: X, shift, opset: 12, attributes: { ...axes(-1, 1), keepdims: int(0) } }),
    single(rule, "one axis as an input, dropped", {
      x: X,
      shift,
      opset: inputSince,
      operands: [whole([-2])],
      attributes: { keepdims: int(0) },
    }),
    single(rule, "no axes and nothing to do", {
      x: X,
      shift,
      opset: inputSince,
      attributes: { noop_with_empty_axes: int(1) },
    }),
  ];
}

function accumulation(about: string, axis: number, attributes: Readonly<Record<string, number>> = {}): ImportCase {
  const settings = Object.fromEntries(Object.entries(attributes).map(([name, value]) => [name, int(value)]));
  return single("CumSum", about, { x: X, operands: [whole([axis], [])], attributes: settings });
}

/** Reductions along axes. */
export const REDUCTION_CASES: readonly ImportCase[] = [
  accumulation("the last axis", 2),
  accumulation("axis 1, exclusive", 1, { exclusive: 1 }),
  accumulation("axis −1, reversed", -1, { reverse: 1 }),
  accumulation("axis −2, reversed and exclusive", -2, { reverse: 1, exclusive: 1 }),
  ...reductions("ReduceL1", 18),
  ...reductions("ReduceL2", 18),
  ...reductions("ReduceLogSum", 18, 3),
  ...reductions("ReduceLogSumExp", 18),
  ...reductions("ReduceMax", 18),
  ...reductions("ReduceMean", 18),
  ...reductions("ReduceMin", 18),
  ...reductions("ReduceProd", 18),
  ...reductions("ReduceSum", 13),
  ...reductions("ReduceSumSquare", 18),
];
