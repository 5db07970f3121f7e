import { int } from "../../../../src/onnx/file/onnx_model.ts";
import { bool, float32, type ImportCase, node, several, single, weight } from "./import_case.ts";

const X = [2, 3, 4];

function binary(rule: string, about: string, shift = 0): ImportCase[] {
  return [
    single(rule, `${about} with a weight a channel`, { x: X, shift, operands: [weight([3, 1], { shift })] }),
    single(rule, `${about} with one number`, { x: X, opset: 9, shift, operands: [float32([1.5], [])] }),
    several(rule, `${about} with itself, turned`, {
      x: X,
      shift,
      nodes: [node("Neg", ["x"], { outputs: ["n"] }), node(rule, ["n", "x"])],
    }),
  ];
}

/** A weight that is raised where a truth that is computed holds, so that the truth can be seen. */
function truth(rule: string, about: string, inputs: readonly string[]): ImportCase {
  return several(rule, about, {
    x: X,
    operands: { "w.weight": weight(X.slice(1)), half: float32([0.3], []) },
    nodes: [
      node("Greater", ["x", "half"], { outputs: ["big"] }),
      node("Less", ["x", "w.weight"], { outputs: ["less"] }),
      node(rule, inputs, { outputs: ["truth"] }),
      node("Where", ["truth", "w.weight", "x"]),
    ],
  });
}

/** Operators that work element by element. */
export const ELEMENTWISE_CASES: readonly ImportCase[] = [
  single("Abs", "plain", { x: X }),
  ...binary("Add", "plain"),
  truth("And", "of two", ["big", "less"]),
  several("Cast", "to whole numbers and back", {
    x: X,
    nodes: [
      node("Cast", ["x"], { attributes: { to: int(7) }, outputs: ["whole"] }),
      node("Cast", ["whole"], { attributes: { to: int(1) }, outputs: ["back"] }),
      node("Mul", ["back", "x"]),
    ],
  }),
  several("Cast", "to truths and back", {
    x: X,
    nodes: [
      node("Relu", ["x"], { outputs: ["r"] }),
      node("Cast", ["r"], { attributes: { to: int(9) }, outputs: ["whole"] }),
      node("Cast", ["whole"], { attributes: { to: int(1) }, outputs: ["back"] }),
      node("Mul", ["back", "x"]),
    ],
  }),
  several("CastLike", "to floats", { x: X, opset: 15, nodes: [node("CastLike", ["x", "x"])] }),
  single("Ceil", "plain", { x: X }),
  single("Cos", "plain", { x: X }),
  ...binary("Div", "plain", 3),
  truth("Equal", "of values", ["x", "w.weight"]),
  several("Equal", "of values that are equal here and there", {
    x: X,
    nodes: [
      node("Relu", ["x"], { outputs: ["r"] }),
      node("Equal", ["r", "x"], { outputs: ["e"] }),
      node("Cast", ["e"], { attributes: { to: int(1) }, outputs: ["f"] }),
      node("Mul", ["f", "x"]),
    ],
  }),
  single("Exp", "plain", { x: X }),
  single("Floor", "plain", { x: X }),
  truth("Greater", "of values", ["x", "w.weight"]),
  truth("GreaterOrEqual", "of values", ["x", "w.weight"]),
  truth("Less", "of values", ["x", "w.weight"]),
  truth("LessOrEqual", "of values", ["x", "w.weight"]),
  single("Log", "plain", { x: X, shift: 3 }),
  ...binary("Max", "plain"),
  several("Max", "of three", {
    x: X,
    operands: { "w.weight": weight([4]), half: float32([0.3], []) },
    nodes: [node("Max", ["x", "w.weight", "half"])],
  }),
  several("Mean", "of three", {
    x: X,
    operands: { "w.weight": weight([4]) },
    nodes: [node("Mean", ["x", "w.weight", "x"])],
  }),
  ...binary("Min", "plain"),
  ...binary("Mul", "plain"),
  single("Neg", "plain", { x: X }),
  truth("Not", "of one", ["big"]),
  truth("Or", "of two", ["big", "less"]),
  ...[2, 3, 4, 5, 0, 1, -1, -2].map((exponent) =>
    single("Pow", `to ${exponent}`, {
      x: X,
      scale: 0.5,
      shift: exponent < 0 ? 3 : 0,
      operands: [float32([exponent], [])],
    }),
  ),
  ...[0.5, -0.5, 1.7].map((exponent) =>
    single("Pow", `to ${exponent}`, { x: X, shift: 3, operands: [float32([exponent], [])] }),
  ),
  single("Pow", "to weights", { x: X, shift: 3, operands: [weight([4])] }),
  several("Pow", "of a number", { x: X, operands: { two: float32([2], []) }, nodes: [node("Pow", ["two", "x"])] }),
  single("Reciprocal", "plain", { x: X, shift: 3 }),
  single("Round", "plain", { x: X }),
  single("Sign", "plain", { x: X }),
  single("Sin", "plain", { x: X }),
  single("Sqrt", "plain", { x: X, shift: 3 }),
  ...binary("Sub", "plain"),
  several("Sum", "of three", {
    x: X,
    operands: { "w.weight": weight([4]) },
    nodes: [node("Sum", ["x", "w.weight", "x"])],
  }),
  several("Where", "by truths that are known", {
    x: X,
    operands: { "w.weight": weight([4]), truths: bool([true, false, true], [3, 1]) },
    nodes: [node("Where", ["truths", "x", "w.weight"])],
  }),
  several("Where", "by truths that are computed, and numbers", {
    x: X,
    operands: { none: float32([-1e9], []), half: float32([0.3], []) },
    nodes: [node("Greater", ["x", "half"], { outputs: ["big"] }), node("Where", ["big", "none", "x"])],
  }),
  truth("Xor", "of two", ["big", "less"]),
];
