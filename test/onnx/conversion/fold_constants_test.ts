import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import { foldConstants } from "../../../src/onnx/conversion/fold_constants.ts";
import { ints, type OnnxGraph, type OnnxNode } from "../../../src/onnx/file/onnx_model.ts";

const node = (op: string, inputs: readonly string[], output: string, perm?: readonly number[]): OnnxNode => ({
  op,
  name: output,
  inputs,
  outputs: [output],
  attributes: perm ? { perm: ints(perm) } : {},
});

/** w, its axes in another order, added to x; `readers` more nodes read w as it is. */
function makeGraph(shape: readonly number[], perm: readonly number[], readers = 0): OnnxGraph {
  const values = Float32Array.from({ length: shape.reduce((a, b) => a * b, 1) }, (_, i) => i);
  return {
    name: "made",
    inputs: [{ name: "x", dataType: "float32", shape: [1] }],
    initializers: [{ name: "w", shape, dataType: "float32", bytes: new Uint8Array(values.buffer) }],
    nodes: [
      node("Transpose", ["w"], "t", perm),
      node("Add", ["t", "x"], "y"),
      ...Array.from({ length: readers }, (_, i) => node("Add", ["w", "x"], `z${i}`)),
    ],
    outputs: [{ name: "y", dataType: "float32", shape: perm.map((axis) => shape[axis] ?? 0) }],
  };
}

const cases = fc
  .array(fc.integer({ min: 1, max: 4 }), { minLength: 1, maxLength: 4 })
  .chain((shape) => fc.tuple(fc.constant(shape), fc.shuffledSubarray([...shape.keys()], { minLength: shape.length })));

describe("foldConstants()", () => {
  test("puts each element where the order of the axes says", () => {
    fc.assert(
      fc.property(cases, ([shape, perm]) => {
        const { initializers, nodes } = foldConstants(makeGraph(shape, perm));
        expect(nodes.map(({ op, inputs }) => [op, ...inputs])).toEqual([["Add", "w", "x"]]);
        const [w] = initializers;
        const turned = perm.map((axis) => shape[axis] ?? 0);
        expect(w?.shape).toEqual(turned);
        const values = new Float32Array(w?.bytes.slice().buffer ?? new ArrayBuffer(0));
        for (const [i, value] of values.entries()) {
          let rest = i;
          const place: number[] = [];
          for (const length of [...turned].reverse()) {
            place.unshift(rest % length);
            rest = Math.floor(rest / length);
          }
          const before = shape.map((_, axis) => place[perm.indexOf(axis)] ?? 0);
          expect(value).toBe(before.reduce((at, position, axis) => at * (shape[axis] ?? 0) + position, 0));
        }
      }),
    );
  });

  test("keeps the tensor as it is where something else reads it, too", () => {
    const { initializers, nodes } = foldConstants(makeGraph([2, 3], [1, 0], 1));
    expect(initializers.map(({ name, shape }) => [name, shape])).toEqual([
      ["w", [2, 3]],
      ["w/transpose", [3, 2]],
    ]);
    expect(nodes.map(({ inputs: [first] }) => first)).toEqual(["w/transpose", "w"]);
  });

  test("leaves what the graph gives", () => {
    const graph = makeGraph([2, 3], [1, 0]);
    const outputs = [{ name: "t", dataType: "float32", shape: [3, 2] } as const];
    expect(foldConstants({ ...graph, outputs }).nodes.map(({ op }) => op)).toContain("Transpose");
  });
});
