import { float, int, ints, string } from "../../../../src/onnx/file/onnx_model.ts";
import { axes, float32, type ImportCase, NONE, node, several, single, weight, whole } from "./import_case.ts";

const X = [2, 3, 4];
const IMAGE = [2, 2, 3, 4];

function pad(about: string, mode: string, pads: readonly number[], more: Parameters<typeof single>[2] = { x: IMAGE }) {
  return single("Pad", `${mode} ${about}`, {
    ...more,
    attributes: { mode: string(mode) },
    operands: [whole(pads), ...(more.operands ?? [])],
  });
}

/** Operators that move values. */
export const ARRANGEMENT_CASES: readonly ImportCase[] = [
  several("Concat", "of the samples and a part of them", {
    x: X,
    operands: { one: whole([1]), three: whole([3]) },
    nodes: [
      node("Slice", ["x", "one", "three", "one"], { outputs: ["part"] }),
      node("Concat", ["x", "part", "x"], { attributes: { axis: int(-2) } }),
    ],
  }),
  single("DepthToSpace", "depth first", { x: [2, 8, 2, 3], opset: 9, attributes: { blocksize: int(2) } }),
  single("DepthToSpace", "columns first", { x: [2, 8, 2, 3], attributes: { blocksize: int(2), mode: string("CRD") } }),
  several("Dropout", "in evaluation, and Identity", {
    x: X,
    operands: { ratio: float32([0.5], []) },
    nodes: [
      node("Dropout", ["x", "ratio"], { outputs: ["d"] }),
      node("Identity", ["d"], { outputs: ["i"] }),
      node("Mul", ["i", "x"]),
    ],
  }),
  single("Expand", "along an axis", { x: [2, 1, 4], operands: [whole([1, 3, 1])] }),
  single("Expand", "with axes in front", { x: [2, 1, 4], operands: [whole([2, 1, 3, 4])] }),
  several("Expand", "of a weight to a row each", {
    x: [2, 3, 4],
    operands: { "w.weight": weight([1, 1, 4]), zero: whole([0], []), axis: whole([0]), rest: whole([2, 4]) },
    nodes: [
      node("Shape", ["x"], { outputs: ["shape"] }),
      node("Gather", ["shape", "zero"], { outputs: ["n"] }),
      node("Unsqueeze", ["n", "axis"], { outputs: ["rows"] }),
      node("Concat", ["rows", "rest"], { attributes: { axis: int(0) }, outputs: ["lengths"] }),
      node("Expand", ["w.weight", "lengths"], { outputs: ["token"] }),
      node("Concat", ["token", "x"], { attributes: { axis: int(1) } }),
    ],
  }),
  several("ConstantOfShape", "a row each", {
    x: [2, 3],
    nodes: [
      node("Shape", ["x"], { outputs: ["shape"] }),
      node("ConstantOfShape", ["shape"], { outputs: ["zeros"] }),
      node("Concat", ["zeros", "x"], { attributes: { axis: int(1) } }),
    ],
  }),
  single("Flatten", "axis 1", { x: X }),
  single("Flatten", "axis 2", { x: X, opset: 9, attributes: { axis: int(2) } }),
  single("Flatten", "axis 0", { x: X, attributes: { axis: int(0) } }),
  single("Flatten", "axis −1", { x: X, attributes: { axis: int(-1) } }),
  single("Flatten", "axis 3 of three", { x: X, attributes: { axis: int(3) } }),
  pad("around", "constant", [0, 0, 1, 2, 0, 0, 0, 1]),
  pad("with a number", "constant", [0, 0, 1, 2, 0, 0, 0, 1], { x: IMAGE, operands: [float32([1.5], [])] }),
  several("Pad", "constant −∞ below a largest value", {
    x: IMAGE,
    operands: { pads: whole([0, 0, 1, 2, 0, 0, 0, 1]), lowest: float32([Number.NEGATIVE_INFINITY], []) },
    nodes: [
      node("Pad", ["x", "pads", "lowest"], { outputs: ["padded"] }),
      node("MaxPool", ["padded"], { attributes: { kernel_shape: ints([2, 3]) }, outputs: ["most"] }),
      node("Exp", ["most"]),
    ],
  }),
  pad("of axes that are named", "constant", [1, 2], { x: IMAGE, opset: 18, operands: [NONE, whole([-1])] }),
  pad("and cut off", "constant", [0, 0, -1, 2, 0, 0, 1, -1]),
  single("Pad", "constant as attributes", {
    x: IMAGE,
    opset: 9,
    attributes: { pads: ints([0, 0, 1, 0, 0, 0, 0, 2]), value: float(0.5) },
  }),
  pad("around", "reflect", [0, 0, 1, 2, 0, 0, 2, 3]),
  pad("around", "edge", [0, 0, 1, 2, 0, 0, 0, 3]),
  pad("around", "wrap", [0, 0, 1, 2, 0, 0, 0, 3], { x: IMAGE, opset: 19 }),
  single("Reshape", "with −1", { x: X, operands: [whole([-1, 12])] }),
  single("Reshape", "with 0", { x: X, operands: [whole([0, -1])] }),
  single("Reshape", "with 0 twice", { x: X, operands: [whole([0, 0, 2, 2])] }),
  single("Reshape", "of several rows as one", { x: X, operands: [whole([-1, 4])] }),
  single("Slice", "as attributes", {
    x: X,
    opset: 9,
    attributes: { ...axes(1, 2), starts: ints([1, 0]), ends: ints([3, -1]) },
  }),
  single("Slice", "as inputs", { x: X, opset: 10, operands: [whole([1]), whole([9]), whole([-1])] }),
  single("Slice", "of leading axes", { x: X, operands: [whole([0, 1]), whole([2 ** 31, 3])] }),
  single("Slice", "every other", { x: [2, 3, 7], operands: [whole([1]), whole([7]), whole([2]), whole([2])] }),
  single("Slice", "backwards", { x: X, operands: [whole([-1]), whole([-9]), whole([2]), whole([-1])] }),
  single("Slice", "backwards by twos along a long axis", {
    x: [2, 20],
    operands: [whole([-1]), whole([-(2 ** 31)]), whole([1]), whole([-2])],
  }),
  single("SpaceToDepth", "by 2", { x: [2, 2, 4, 6], attributes: { blocksize: int(2) } }),
  ...[0, 1, 2].map((output) =>
    single("Split", `as an attribute, part ${output}`, {
      x: [2, 7],
      opset: 9,
      attributes: { axis: int(1), split: ints([1, 4, 2]) },
      outputs: 3,
      output,
    }),
  ),
  single("Split", "evenly", { x: [2, 6], opset: 11, attributes: { axis: int(-1) }, outputs: 3, output: 1 }),
  single("Split", "as an input", {
    x: [2, 5],
    opset: 13,
    operands: [whole([2, 3])],
    attributes: { axis: int(1) },
    outputs: 2,
  }),
  single("Split", "by number, the last one smaller", {
    x: [2, 7],
    opset: 18,
    attributes: { axis: int(1), num_outputs: int(3) },
    outputs: 3,
    output: 2,
  }),
  single("Squeeze", "axes as an attribute", { x: [2, 1, 3, 1], opset: 9, attributes: axes(1) }),
  single("Squeeze", "axes as an input", { x: [2, 1, 3, 1], opset: 13, operands: [whole([-1, 1])] }),
  single("Squeeze", "all", { x: [2, 1, 3, 1], opset: 13 }),
  single("Tile", "along axes", { x: X, operands: [whole([1, 2, 3])] }),
  single("Transpose", "given", { x: X, attributes: { perm: ints([0, 2, 1]) } }),
  single("Transpose", "reversed", { x: X }),
  single("Trilu", "upper", { x: [2, 4, 4], attributes: {} }),
  single("Trilu", "lower, below the diagonal", {
    x: [2, 3, 4],
    operands: [whole([-1], [])],
    attributes: { upper: int(0) },
  }),
  several("Trilu", "of −∞ here and there", {
    x: [2, 3, 3],
    operands: { some: float32([0.3], []), lowest: float32([Number.NEGATIVE_INFINITY], []) },
    nodes: [
      node("Greater", ["x", "some"], { outputs: ["big"] }),
      node("Where", ["big", "x", "lowest"], { outputs: ["masked"] }),
      node("Trilu", ["masked"], { outputs: ["mask"] }),
      node("Exp", ["mask"]),
    ],
  }),
  single("Unsqueeze", "axes as an attribute", { x: X, opset: 11, attributes: axes(0, 3) }),
  single("Unsqueeze", "axes as an input", { x: X, operands: [whole([1, -1])] }),
];
