import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import { differentiate } from "../../src/onnx/differentiate.ts";
import { int } from "../../src/onnx/file/onnx_model.ts";
import type { Graph } from "../../src/onnx/graph.ts";
import { GraphBuilder } from "../../src/onnx/graph_builder.ts";
import { addObjective } from "../../src/onnx/objectives.ts";
import { openGraph } from "./run_graph.ts";

const ROWS = 3;
const CLASSES = 5;

/** Logits of a model that may be as sure as it likes. */
const logits = fc
  .array(fc.double({ min: -120, max: 120, noNaN: true }), { minLength: ROWS * CLASSES, maxLength: ROWS * CLASSES })
  .map((values) => Float32Array.from(values));

function countSubnormals(vector: Float32Array): number {
  return vector.filter((value) => value !== 0 && Math.abs(value) < 2 ** -126).length;
}

/** Class 0 for the first row, 1 for the second, and so on. */
function makeTargets(): Float32Array {
  return Float32Array.from({ length: ROWS * CLASSES }, (_, i) => (i % CLASSES === Math.floor(i / CLASSES) ? 1 : 0));
}

/** The softmax of each row, in double precision. */
function slowSoftmax(values: Float32Array): number[] {
  return Array.from(values, (value, i) => {
    const start = i - (i % CLASSES);
    return 1 / values.subarray(start, start + CLASSES).reduce((sum, other) => sum + Math.exp(other - value), 0);
  });
}

/** `found` is share · p − rest, and exactly −rest where p is below 2⁻¹⁰⁰. */
function expectFlushed(found: number, wanted: { readonly p: number; readonly share: number; readonly rest: number }) {
  const { p, share, rest } = wanted;
  // Float32 logits differ by up to 240: their exponential has a relative error of some 2⁻¹⁶.
  if (p < 2 ** -100 * (1 - 1e-4)) expect(found + 0).toBe(Math.fround(-rest) + 0);
  else if (p > 2 ** -100 * (1 + 1e-4)) {
    expect(Math.abs(found - (share * p - rest))).toBeLessThan(1e-6 * rest + 1e-4 * share * p);
  }
}

describe("addObjective()", () => {
  const builder = new GraphBuilder(() => "");
  const z = builder.input("z", { shape: ["N", CLASSES], dataType: "float32" }, { kind: "samples" });
  const { losses, dOutputs } = addObjective({ kind: "cross-entropy" }, z, builder);
  builder.output("losses", losses, { kind: "losses" });
  builder.output("dz", dOutputs, { kind: "outputs" });
  const graph = builder.finish();

  test("gives softmax's gradient without subnormal numbers, however sure the model is", async () => {
    await using opened = await openGraph(graph);
    await fc.assert(
      fc.asyncProperty(logits, async (values) => {
        const targets = makeTargets();
        const { dz = values } = await opened.run({
          z: { data: values, shape: [ROWS, CLASSES] },
          targets: { data: targets, shape: [ROWS, CLASSES] },
          weights: { data: new Float32Array(ROWS).fill(1 / 128), shape: [ROWS, 1] },
        });
        expect(countSubnormals(dz)).toBe(0);
        for (const [i, p] of slowSoftmax(values).entries()) {
          expectFlushed(dz[i] ?? Number.NaN, { p, share: 1 / 128, rest: (targets[i] ?? 0) / 128 });
        }
      }),
      { numRuns: 40 },
    );
  });
});

describe("LogSoftmax", () => {
  test("has a gradient without subnormal numbers, however sure the model is", async () => {
    await using opened = await openGraph(buildLogSoftmax());
    await fc.assert(
      fc.asyncProperty(logits, async (values) => {
        const { "z/gradient": dz = values } = await opened.run({
          z: { data: values, shape: [ROWS, CLASSES] },
          dy: { data: makeTargets(), shape: [ROWS, CLASSES] },
        });
        expect(countSubnormals(dz)).toBe(0);
        for (const [i, p] of slowSoftmax(values).entries()) {
          expectFlushed(-(dz[i] ?? Number.NaN), { p, share: 1, rest: makeTargets()[i] ?? 0 });
        }
      }),
      { numRuns: 40 },
    );
  });
});

function buildLogSoftmax(): Graph {
  const graph = new GraphBuilder(() => "");
  const type = { shape: [ROWS, CLASSES], dataType: "float32" } as const;
  const z = graph.input("z", type, { kind: "samples" });
  const y = graph.node("LogSoftmax", [z], { axis: int(1) });
  const gradient = graph.input("dy", type, { kind: "outputGradient" });
  const found = differentiate(graph, { seeds: [{ value: y, gradient }], wanted: [z] });
  graph.output("z/gradient", found.get(z) ?? "", { kind: "outputs" });
  return graph.finish();
}
