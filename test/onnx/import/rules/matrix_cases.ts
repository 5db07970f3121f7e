import { float, int, ints, string } from "../../../../src/onnx/file/onnx_model.ts";
import { type ImportCase, node, type Operand, several, single, weight } from "./import_case.ts";

function einsum(equation: string, x: readonly number[], ...operands: readonly Operand[]): ImportCase {
  return single("Einsum", equation, { x, operands, attributes: { equation: string(equation) } });
}

/** Products of matrices. */
export const MATRIX_CASES: readonly ImportCase[] = [
  einsum("bi,ij->bj", [2, 3], weight([3, 4])),
  several("Einsum", "of products with the samples", {
    x: [2, 2, 3, 4],
    operands: { "w.weight": weight([4, 4]) },
    nodes: [
      node("MatMul", ["x", "w.weight"], { outputs: ["k"] }),
      node("Einsum", ["x", "k"], { attributes: { equation: string("bhid,bhjd->bhij") } }),
    ],
  }),
  einsum("bij,jk->bki", [2, 3, 4], weight([4, 2])),
  einsum("bij,ij->b", [2, 3, 4], weight([3, 4])),
  several("Einsum", "outer products", {
    x: [2, 3],
    nodes: [node("Einsum", ["x", "x"], { attributes: { equation: string("bi,bj->bij") } })],
  }),
  einsum("bij,kl->bi", [2, 3, 2], weight([2, 2])),
  einsum("...i,ij->...j", [2, 3, 4], weight([4, 2])),
  einsum("bij->bji", [2, 3, 4]),
  einsum("bij->bi", [2, 3, 4]),
  several("Einsum", "of the samples with themselves", {
    x: [2, 3, 4],
    nodes: [node("Einsum", ["x", "x"], { attributes: { equation: string("bij,bkj->bik") } })],
  }),
  single("Gemm", "plain", { x: [2, 3], operands: [weight([3, 4])], opset: 11 }),
  single("Gemm", "with a bias", { x: [2, 3], operands: [weight([3, 4]), weight([4])], opset: 9 }),
  single("Gemm", "turned and scaled", {
    x: [2, 3],
    operands: [weight([4, 3]), weight([1, 4])],
    attributes: { transB: int(1), alpha: float(0.5), beta: float(2) },
  }),
  several("Gemm", "turned on the left", {
    x: [2, 3],
    operands: { "w.weight": weight([3, 4]) },
    nodes: [
      node("Transpose", ["x"], { outputs: ["t"] }),
      node("Gemm", ["w.weight", "t"], { attributes: { transA: int(1) }, outputs: ["p"] }),
      node("Transpose", ["p"]),
    ],
  }),
  single("MatMul", "of rows", { x: [2, 3], operands: [weight([3, 4])] }),
  single("MatMul", "of sequences", { x: [2, 3, 4], operands: [weight([4, 2])], opset: 9 }),
  several("MatMul", "of pairs", {
    x: [2, 3, 4],
    nodes: [
      node("Transpose", ["x"], { attributes: { perm: ints([0, 2, 1]) }, outputs: ["t"] }),
      node("MatMul", ["x", "t"]),
    ],
  }),
  single("MatMul", "of several heads", { x: [2, 3, 2, 4], operands: [weight([3, 4, 2])] }),
  single("MatMul", "with a vector", { x: [2, 3, 4], operands: [weight([4])] }),
  several("MatMul", "of a vector", {
    x: [2, 3, 4],
    operands: { "w.weight": weight([3]) },
    nodes: [node("MatMul", ["w.weight", "x"])],
  }),
  several("MatMul", "of a matrix with all", {
    x: [2, 3, 4],
    operands: { "w.weight": weight([5, 3]) },
    nodes: [node("MatMul", ["w.weight", "x"])],
  }),
  single("com.microsoft.FusedMatMul", "scaled", {
    x: [2, 3, 4],
    operands: [weight([4, 2])],
    attributes: { alpha: float(0.5) },
  }),
  single("com.microsoft.FusedMatMul", "turned", {
    x: [2, 3, 4],
    operands: [weight([5, 4])],
    attributes: { transB: int(1) },
  }),
];
