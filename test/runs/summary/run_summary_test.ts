import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import { createRunSummary, type ExperienceSummary, weighAccuracy } from "../../../src/runs/summary/run_summary.ts";

function makeExperience(index: number, testAccuracy: number[], streamAccuracy: number): ExperienceSummary {
  return {
    index,
    classes: [index],
    examples: 10,
    epochs: 1,
    trainSeconds: 2,
    evalSeconds: 1,
    testAccuracy,
    streamAccuracy,
    onnx: null,
  };
}

describe("createRunSummary()", () => {
  const nothing = { config: { a: 1 }, trainedSamples: 0, parametersHash: null };

  test("has no figures before the first experience", () => {
    expect(createRunSummary({ ...nothing, status: "running", experiences: [] })).toEqual({
      version: 1,
      status: "running",
      config: { a: 1 },
      experiences: [],
      final: null,
      throughput: null,
      parametersHash: null,
    });
  });

  test("takes its figures from the last row: forgetting is first-learned minus now, the experience just trained left out", () => {
    const experiences = [
      makeExperience(0, [0.9, 0.1, 0], 0.3),
      makeExperience(1, [0.5, 0.8, 0], 0.4),
      makeExperience(2, [0.2, 0.6, 0.7], 0.5),
    ];
    const { final, throughput } = createRunSummary({
      ...nothing,
      trainedSamples: 300,
      status: "finished",
      experiences,
    });
    expect(final?.streamAccuracy).toBe(0.5);
    expect(final?.averageAccuracy).toBeCloseTo((0.2 + 0.6 + 0.7) / 3, 12);
    expect(final?.averageForgetting).toBeCloseTo((0.9 - 0.2 + (0.8 - 0.6)) / 2, 12);
    expect(final?.backwardTransfer).toBeCloseTo(-0.45, 12);
    expect(throughput).toEqual({ trainExamplesPerSecond: 50 });
  });

  test("says why a run failed, and only then", () => {
    const failed = createRunSummary({ ...nothing, status: "failed", experiences: [], error: "no more memory" });
    expect(failed.error).toBe("no more memory");
    expect("error" in createRunSummary({ ...nothing, status: "running", experiences: [], error: undefined })).toBe(
      false,
    );
  });
});

describe("weighAccuracy()", () => {
  test("gives exactly what counting all samples gives", () => {
    const experience = fc
      .integer({ min: 1, max: 5000 })
      .chain((count) => fc.tuple(fc.integer({ min: 0, max: count }), fc.constant(count)));
    fc.assert(
      fc.property(fc.array(experience, { minLength: 1, maxLength: 8 }), (counts) => {
        const accuracies = counts.map(([correct, count]) => correct / count);
        const correct = counts.reduce((sum, [right]) => sum + right, 0);
        const total = counts.reduce((sum, [, count]) => sum + count, 0);
        expect(
          weighAccuracy(
            accuracies,
            counts.map(([, count]) => count),
          ),
        ).toBe(correct / total);
      }),
    );
  });

  test("gives a quotient that no rounding has touched", () => {
    // (1 / 49) · 49 is a little less than 1.
    expect(weighAccuracy([1 / 49, 1 / 98], [49, 98])).toBe(2 / 147);
  });

  test("is 0 where there are no samples", () => {
    expect(weighAccuracy([], [])).toBe(0);
  });

  test("leaves out what has no samples, and so no accuracy", () => {
    expect(weighAccuracy([0.5, Number.NaN], [4, 0])).toBe(0.5);
  });
});
