import { describe, test } from "bun:test";
import fc from "fast-check";
import { int, ints, string } from "../../../../src/onnx/file/onnx_model.ts";
import { compareImport } from "./compare_import.ts";
import { NONE, single, weight, whole } from "./import_case.ts";

const RUNS = { numRuns: 25, seed: 3 };

/** Settings of a window along two axes. */
const WINDOW = fc.record({
  lengths: fc.tuple(fc.integer({ min: 3, max: 7 }), fc.integer({ min: 3, max: 7 })),
  kernel: fc.tuple(fc.integer({ min: 2, max: 3 }), fc.integer({ min: 1, max: 3 })),
  strides: fc.tuple(fc.integer({ min: 1, max: 3 }), fc.integer({ min: 1, max: 3 })),
  pads: fc.tuple(...([0, 1, 2, 3] as const).map(() => fc.integer({ min: 0, max: 1 }))),
  automatic: fc.constantFrom("NOTSET", "NOTSET", "SAME_UPPER", "SAME_LOWER", "VALID"),
  isCeiling: fc.boolean(),
});

type WindowSettings = typeof WINDOW extends fc.Arbitrary<infer Value> ? Value : never;

/** What onnxruntime refuses is left out: padding that the window would stand on alone, and SAME with long strides. */
function describeWindow({ kernel, strides: drawn, pads, automatic }: WindowSettings) {
  const strides = drawn.map((stride, axis) =>
    automatic.startsWith("SAME") ? Math.min(stride, kernel[axis] ?? 1) : stride,
  );
  const fitted = pads.map((pad, i) => Math.min(pad, (kernel[i % 2] ?? 1) - 1));
  return {
    kernel_shape: ints(kernel),
    strides: ints(strides),
    ...(automatic === "NOTSET" ? { pads: ints(fitted) } : { auto_pad: string(automatic) }),
  };
}

describe("IMPORT_RULES give onnxruntime's values and central differences,", () => {
  test("whatever the window of a pool", async () => {
    await fc.assert(
      fc.asyncProperty(
        WINDOW,
        fc.constantFrom("AveragePool", "MaxPool"),
        fc.boolean(),
        async (window, rule, counts) => {
          const attributes = {
            ...describeWindow(window),
            ...(window.automatic === "NOTSET" ? { ceil_mode: int(Number(window.isCeiling)) } : {}),
            ...(rule === "AveragePool" ? { count_include_pad: int(Number(counts)) } : {}),
          };
          await compareImport(single(rule, "drawn", { x: [2, 1, ...window.lengths], opset: 19, attributes }));
        },
      ),
      RUNS,
    );
  });

  test("whatever the window of a convolution", async () => {
    await fc.assert(
      fc.asyncProperty(WINDOW, fc.constantFrom("Conv", "ConvTranspose"), async (window, rule) => {
        const operands = [weight([2, 2, ...window.kernel])];
        const attributes = describeWindow(window);
        await compareImport(single(rule, "drawn", { x: [2, 2, ...window.lengths], opset: 17, operands, attributes }));
      }),
      RUNS,
    );
  });

  test("whatever is sliced, forwards and backwards", async () => {
    const bound = fc.integer({ min: -9, max: 9 });
    await fc.assert(
      fc.asyncProperty(bound, bound, fc.constantFrom(-3, -2, -1, 1, 2, 3), async (start, end, step) => {
        fc.pre(takesAny(7, { start, end, step }));
        const operands = [whole([start]), whole([end]), whole([-1]), whole([step])];
        await compareImport(single("Slice", "drawn", { x: [2, 7], operands }));
      }),
      RUNS,
    );
  });

  test("whatever is padded", async () => {
    const length = fc.integer({ min: -1, max: 3 });
    await fc.assert(
      fc.asyncProperty(length, length, fc.constantFrom("constant", "reflect", "edge", "wrap"), async (a, b, mode) => {
        const operands = [whole([a, b]), NONE, whole([1])];
        await compareImport(
          single("Pad", "drawn", { x: [2, 5], opset: 19, operands, attributes: { mode: string(mode) } }),
        );
      }),
      RUNS,
    );
  });
});

/** Whether a slice of an axis has any element; networks have no empty values. */
function takesAny(
  length: number,
  slice: { readonly start: number; readonly end: number; readonly step: number },
): boolean {
  const resolve = (at: number) => (at < 0 ? at + length : at);
  const places = Array.from({ length }, (_, i) => i);
  const [start, end] = [resolve(slice.start), resolve(slice.end)];
  const first = slice.step > 0 ? Math.max(start, 0) : Math.min(start, length - 1);
  return places.some((place) => (slice.step > 0 ? place >= first && place < end : place <= first && place > end));
}
