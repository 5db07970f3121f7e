import { int, string } from "../../../../src/onnx/file/onnx_model.ts";
import { float32, type ImportCase, node, type Operand, several, single, weight, whole } from "./import_case.ts";

/** Ids 0, 1 and 2 of the sign of the samples' values: −, nothing, +. */
const IDS = [
  node("Sign", ["x"], { outputs: ["sign"] }),
  node("Add", ["sign", "one"], { outputs: ["moved"] }),
  node("Cast", ["moved"], { attributes: { to: int(7) }, outputs: ["ids"] }),
];
const ONE = { one: float32([1], []) };

function gather(about: string, axis: number, indices: Operand): ImportCase {
  return single("Gather", about, { x: [2, 12, 3], operands: [indices], attributes: { axis: int(axis) } });
}

/** Reading and writing at indices. */
export const INDEXING_CASES: readonly ImportCase[] = [
  several("ArgMax", "of the last axis", {
    x: [2, 3, 4],
    operands: { "w.weight": weight([4, 2]) },
    nodes: [
      node("ArgMax", ["x"], { attributes: { axis: int(-1), keepdims: int(0) }, outputs: ["ids"] }),
      node("Gather", ["w.weight", "ids"]),
    ],
  }),
  several("ArgMin", "of axis 1, kept", {
    x: [2, 3, 4],
    operands: { "w.weight": weight([4, 2]) },
    nodes: [
      node("ArgMin", ["x"], { attributes: { axis: int(1) }, outputs: ["ids"] }),
      node("Gather", ["w.weight", "ids"]),
    ],
  }),
  gather("one place", 1, whole([2], [])),
  gather("some places", 2, whole([2, 0, -1])),
  gather("places of two axes, one of them twice", 1, whole([2, 0, 2, 3, 5, 7, -1, 8, 9, 1], [2, 5])),
  several("Gather", "of rows of a weight at ids that are computed", {
    x: [2, 5],
    operands: { ...ONE, "w.weight": weight([3, 4]) },
    nodes: [...IDS, node("Gather", ["w.weight", "ids"])],
  }),
  several("Gather", "of columns of a weight at ids that are computed", {
    x: [2, 5],
    operands: { ...ONE, "w.weight": weight([4, 3]) },
    nodes: [...IDS, node("Gather", ["w.weight", "ids"], { attributes: { axis: int(1) } })],
  }),
  several("GatherElements", "at ids that are computed", {
    x: [2, 5],
    operands: ONE,
    nodes: [...IDS, node("GatherElements", ["x", "ids"], { attributes: { axis: int(1) } })],
  }),
  several("GatherElements", "of a weight", {
    x: [2, 3],
    operands: { "w.weight": weight([3, 2]), at: whole([2, -1, 0, 1, 2, 2], [3, 2]) },
    nodes: [node("GatherElements", ["w.weight", "at"], { outputs: ["g"] }), node("MatMul", ["x", "g"])],
  }),
  several("GatherND", "a row each", {
    x: [2, 3, 4],
    operands: { ...ONE, zero: whole([0], []), last: whole([2]) },
    nodes: [
      node("Gather", ["x", "zero"], { attributes: { axis: int(1) }, outputs: ["first"] }),
      node("Sign", ["first"], { outputs: ["sign"] }),
      node("Add", ["sign", "one"], { outputs: ["moved"] }),
      node("Cast", ["moved"], { attributes: { to: int(7) }, outputs: ["ids"] }),
      node("Unsqueeze", ["ids", "last"], { outputs: ["at"] }),
      node("GatherND", ["x", "at"], { attributes: { batch_dims: int(1) } }),
    ],
  }),
  several("GatherND", "of a weight at places that are known", {
    x: [2, 3],
    operands: { "w.weight": weight([4, 2, 2]), at: whole([3, 1, 0, 0, -1, 1], [3, 2]) },
    nodes: [node("GatherND", ["w.weight", "at"], { outputs: ["g"] }), node("MatMul", ["x", "g"])],
  }),
  several("OneHot", "of ids that are computed", {
    x: [2, 5],
    operands: { ...ONE, depth: whole([4], []), values: float32([-0.5, 2]), "w.weight": weight([4, 3]) },
    nodes: [
      ...IDS,
      node("OneHot", ["ids", "depth", "values"], { outputs: ["hot"] }),
      node("MatMul", ["hot", "w.weight"]),
    ],
  }),
  several("OneHot", "along an axis in between, negative ids", {
    x: [2, 5],
    operands: { depth: whole([3], []), values: float32([0, 1]), "w.weight": weight([5, 2]) },
    nodes: [
      node("Sign", ["x"], { outputs: ["sign"] }),
      node("Cast", ["sign"], { attributes: { to: int(7) }, outputs: ["ids"] }),
      node("OneHot", ["ids", "depth", "values"], { attributes: { axis: int(1) }, outputs: ["hot"] }),
      node("MatMul", ["hot", "w.weight"]),
    ],
  }),
  several("ScatterElements", "replacing", {
    x: [2, 3],
    opset: 16,
    operands: { "w.weight": weight([3, 4]), "u.weight": weight([3, 2]), at: whole([2, -1, 0, 1, 3, 2], [3, 2]) },
    nodes: [
      node("ScatterElements", ["w.weight", "at", "u.weight"], { attributes: { axis: int(1) }, outputs: ["s"] }),
      node("MatMul", ["x", "s"]),
    ],
  }),
  several("ScatterElements", "adding at ids that are computed", {
    x: [2, 5],
    opset: 16,
    operands: ONE,
    nodes: [
      ...IDS,
      node("ScatterElements", ["x", "ids", "x"], { attributes: { axis: int(1), reduction: string("add") } }),
    ],
  }),
  several("ScatterND", "rows", {
    x: [2, 3],
    opset: 16,
    operands: { "w.weight": weight([3, 4]), "u.weight": weight([2, 4]), at: whole([2, 0], [2, 1]) },
    nodes: [node("ScatterND", ["w.weight", "at", "u.weight"], { outputs: ["s"] }), node("MatMul", ["x", "s"])],
  }),
  several("ScatterND", "elements, added", {
    x: [2, 3],
    opset: 16,
    operands: { "w.weight": weight([3, 4]), "u.weight": weight([3]), at: whole([2, 1, 0, -1, 2, 1], [3, 2]) },
    nodes: [
      node("ScatterND", ["w.weight", "at", "u.weight"], { attributes: { reduction: string("add") }, outputs: ["s"] }),
      node("MatMul", ["x", "s"]),
    ],
  }),
];
