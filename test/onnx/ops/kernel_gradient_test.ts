import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import { RandomStream } from "../../../src/core/random_stream.ts";
import { differentiate } from "../../../src/onnx/differentiate.ts";
import { ints } from "../../../src/onnx/file/onnx_model.ts";
import { GraphBuilder } from "../../../src/onnx/graph_builder.ts";
import type { KernelGradientForm } from "../../../src/onnx/growing_graph.ts";
import { runGraph } from "../run_graph.ts";

/** One axis of a convolution. */
interface Axis {
  readonly taps: number;
  readonly stride: number;
  readonly dilation: number;
  readonly before: number;
  readonly behind: number;
  /** Beyond what the window covers. */
  readonly rest: number;
}

const axis: fc.Arbitrary<Axis> = fc.record({
  taps: fc.integer({ min: 1, max: 3 }),
  stride: fc.integer({ min: 1, max: 3 }),
  dilation: fc.integer({ min: 1, max: 2 }),
  before: fc.nat(2),
  behind: fc.nat(2),
  rest: fc.nat(4),
});

const convolution = fc.record({
  axes: fc.array(axis, { minLength: 1, maxLength: 2 }),
  rows: fc.integer({ min: 1, max: 3 }),
  groups: fc.integer({ min: 1, max: 3 }),
  channels: fc.integer({ min: 1, max: 3 }),
  outputs: fc.integer({ min: 1, max: 2 }),
  isTransposed: fc.boolean(),
});

type Convolution = typeof convolution extends fc.Arbitrary<infer Value> ? Value : never;

describe("gradientOfKernelByTap()", () => {
  test("is the gradient that one convolution gives, for any window, stride, dilation, padding and groups", async () => {
    await fc.assert(
      fc.asyncProperty(convolution, async (drawn) => {
        const [plain, products] = [await findGradient(drawn, "convolution"), await findGradient(drawn, "products")];
        expect(products.length).toBe(plain.length);
        for (const [i, value] of plain.entries()) {
          expect(Math.abs((products[i] ?? Number.NaN) - value)).toBeLessThan(1e-4 * (1 + Math.abs(value)));
        }
      }),
      { numRuns: 60 },
    );
  });

  test("is a product a tap, and no convolution with a kernel as large as the map", () => {
    const { graph } = build(
      { axes: [PLAIN, PLAIN], rows: 2, groups: 1, channels: 2, outputs: 3, isTransposed: false },
      "products",
    );
    const count = (op: string) => graph.nodes.filter((node) => node.op === op).length;
    expect([count("MatMul"), count("Conv")]).toEqual([9, 1]);
  });
});

const PLAIN: Axis = { taps: 3, stride: 1, dilation: 1, before: 1, behind: 1, rest: 4 };

async function findGradient(drawn: Convolution, form: KernelGradientForm): Promise<Float32Array> {
  const { graph, shapes } = build(drawn, form);
  const stream = new RandomStream(3, "values");
  const values = Object.entries(shapes).map(([name, shape]) => {
    const length = shape.reduce((product, size) => product * size, 1);
    return [name, { shape, data: Float32Array.from({ length }, () => stream.uniform() * 2 - 1) }];
  });
  const results = await runGraph(graph, Object.fromEntries(values));
  return results.gradient ?? new Float32Array(0);
}

function build(
  { axes, rows, groups, channels, outputs, isTransposed }: Convolution,
  kernelGradient: KernelGradientForm,
) {
  const graph = new GraphBuilder((name) => name, { kernelGradient });
  // Of a transposed convolution the places are many, and the padding takes some away.
  const lengths = axes.map(({ taps, dilation, before, behind, rest }) => {
    return isTransposed ? 3 + rest : Math.max(1, (taps - 1) * dilation + 1 - before - behind) + rest;
  });
  const [into, out] = [groups * channels, groups * outputs];
  const shape = [rows, into, ...lengths];
  const taps = axes.map((one) => one.taps);
  const kernelShape = isTransposed ? [into, outputs, ...taps] : [out, channels, ...taps];
  const x = graph.input("x", { shape, dataType: "float32" }, { kind: "samples" });
  const kernel = graph.input("k", { shape: kernelShape, dataType: "float32" }, { kind: "samples" });
  const pads = axes.map(({ before, behind }) => (isTransposed ? [0, 0] : [before, behind]));
  const y = graph.node(isTransposed ? "ConvTranspose" : "Conv", [x, kernel], {
    kernel_shape: ints(taps),
    strides: ints(axes.map(({ stride }) => stride)),
    dilations: ints(axes.map(({ dilation }) => dilation)),
    pads: ints([...pads.map(([before = 0]) => before), ...pads.map(([, behind = 0]) => behind)]),
    group: { kind: "int", value: groups },
  });
  const seed = graph.input("dy", graph.typeOf(y), { kind: "outputGradient" });
  const gradients = differentiate(graph, { seeds: [{ value: y, gradient: seed }], wanted: [kernel] });
  graph.output("gradient", gradients.get(kernel) ?? "", { kind: "outputs" });
  graph.output("y", y, { kind: "outputs" });
  return { graph: graph.finish(), shapes: { x: shape, k: kernelShape, dy: graph.shapeOf(seed).map(Number) } };
}
