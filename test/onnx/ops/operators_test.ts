import { describe, expect, test } from "bun:test";
import { RandomStream } from "../../../src/core/random_stream.ts";
import { differentiate } from "../../../src/onnx/differentiate.ts";
import { GraphBuilder } from "../../../src/onnx/graph_builder.ts";
import type { KernelGradientForm } from "../../../src/onnx/growing_graph.ts";
import { OPERATORS } from "../../../src/onnx/ops/operator.ts";
import { DEFINITIONS } from "../../../src/onnx/ops/operators.ts";
import { type GraphValues, type OpenedGraph, openGraph, runGraph } from "../run_graph.ts";
import type { GradientCase } from "./gradient_case.ts";
import { GRADIENT_CASES } from "./gradient_cases.ts";

/** Half the distance of the two points of a central difference. */
const STEP = 2 ** -7;
/** Float32's rounding, divided by the step, and the third derivative times the step squared. */
const TOLERANCE = 2e-3;

/** Every case, and those with a kernel once more in the other way to differentiate it. */
const CASES: readonly (readonly [GradientCase, KernelGradientForm])[] = [
  ...GRADIENT_CASES.map((one) => [one, "convolution"] as const),
  ...GRADIENT_CASES.filter(({ op }) => op.startsWith("Conv")).map((one) => [one, "products"] as const),
];

describe("DEFINITIONS", () => {
  for (const [gradientCase, kernelGradient] of CASES) {
    const way = kernelGradient === "products" ? ", by products" : "";
    test(`${gradientCase.name}${way} equals central differences, when the seed is random`, async () => {
      const { graph, names } = buildCase(gradientCase, kernelGradient);
      const values = drawValues(gradientCase, names);
      const results = await runGraph(graph, values);
      await using forward = await openGraph(buildForward(gradientCase));
      for (const name of names) {
        // What y depends on by steps alone has no gradient.
        const gradient = results[`${name}/gradient`] ?? new Float32Array(values[name]?.data.length ?? 0);
        expect(gradient.length).toBe(values[name]?.data.length ?? Number.NaN);
        for (let i = 0; i < gradient.length; i++) {
          const slope = await measureSlope(forward, values, { name, i });
          expect(Math.abs((gradient[i] ?? Number.NaN) - slope)).toBeLessThan(TOLERANCE * Math.max(1, Math.abs(slope)));
        }
      }
    });
  }

  test("has a case here for every operator, when there is a rule", () => {
    const tested = new Set(GRADIENT_CASES.map(({ op }) => op));
    expect(OPERATORS.filter((op) => DEFINITIONS[op].gradient !== undefined && !tested.has(op))).toEqual([]);
  });
});

/** A graph of one operator: inputs a0, a1, … and the seed in, y and the gradients out. */
function buildCase({ shapes, add }: GradientCase, kernelGradient: KernelGradientForm) {
  const graph = new GraphBuilder((name) => name, { kernelGradient });
  const names = shapes.map((shape, i) => {
    const entry = { name: `a${i}`, shape, offset: 0, size: 0 };
    return graph.input(`a${i}`, { shape, dataType: "float32" }, { kind: "parameter", entry });
  });
  const y = add(graph, names);
  const seed = graph.input("seed", graph.typeOf(y), { kind: "outputGradient" });
  const gradients = differentiate(graph, { seeds: [{ value: y, gradient: seed }], wanted: names });
  graph.output("y", y, { kind: "outputs" });
  for (const [name, gradient] of gradients) graph.output(`${name}/gradient`, gradient, { kind: "outputs" });
  return { graph: graph.finish(), names };
}

/** Only the operator itself, for the differences. */
function buildForward({ shapes, add }: GradientCase) {
  const graph = new GraphBuilder((name) => name);
  const names = shapes.map((shape, i) => graph.input(`a${i}`, { shape, dataType: "float32" }, { kind: "samples" }));
  graph.output("y", add(graph, names), { kind: "outputs" });
  return graph.finish();
}

/**
 * Odd multiples of 1/8 between −2 and 2, of 1/16 more for every further input: no value lies within a step of a kink
 * at 0, ±1 or at another input's value.
 */
function drawValues(gradientCase: GradientCase, names: readonly string[]): GraphValues {
  const stream = new RandomStream(5, gradientCase.name);
  const draw = (shape: readonly number[], offset: number) => {
    const length = shape.reduce((product, axis) => product * axis, 1);
    const data = Float32Array.from({ length }, () => (stream.integer(16) - 8) / 4 + 1 / 8 + offset);
    return { data, shape };
  };
  const inputs = names.map((name, i) => [name, draw(gradientCase.shapes[i] ?? [], i / 16 + (gradientCase.shift ?? 0))]);
  const y = buildForward(gradientCase).outputs[0]?.shape.map(Number) ?? [];
  return Object.fromEntries([...inputs, ["seed", draw(y, 0)]]);
}

/** The central difference of Σ seed · y in one element. */
async function measureSlope(
  forward: OpenedGraph,
  values: GraphValues,
  { name, i }: { name: string; i: number },
): Promise<number> {
  const { seed, ...inputs } = values;
  const measure = async (shift: number) => {
    const moved = inputs[name];
    if (!moved) throw new Error(`There is no ${name}`);
    const data = moved.data.slice();
    data[i] = (data[i] ?? 0) + shift;
    const { y } = await forward.run({ ...inputs, [name]: { ...moved, data } });
    return (y ?? new Float32Array(0)).reduce((sum, value, k) => sum + value * (seed?.data[k] ?? Number.NaN), 0);
  };
  return ((await measure(STEP)) - (await measure(-STEP))) / (2 * STEP);
}
