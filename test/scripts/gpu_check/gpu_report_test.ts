import { describe, expect, test } from "bun:test";
import { listCandidates } from "../../../scripts/gpu_check/find_gpus.ts";
import {
  type CandidateResult,
  chooseExitStatus,
  compareGradients,
  createReport,
  type Measurement,
} from "../../../scripts/gpu_check/gpu_report.ts";
import { parseAnswer } from "../../../scripts/gpu_check/run_candidate.ts";

const parity = compareGradients("a model", Float32Array.of(1, 2), Float32Array.of(1, 2));
const sound: Measurement = {
  name: "onnxruntime",
  steps: [],
  gradients: [parity],
  failures: [],
  run: { seconds: 1, accuracy: 1, hasLearned: true },
};
const place = { engine: "onnxruntime", device: "cuda:0" } as const;

describe("compareGradients()", () => {
  test("gives the largest difference, and its part of the largest element", () => {
    const { maxAbsoluteDifference, relativeDifference } = compareGradients(
      "a model",
      Float32Array.of(1, -8, 0.5),
      Float32Array.of(1, -4, 0),
    );
    expect([maxAbsoluteDifference, relativeDifference]).toEqual([4, 1]);
    expect(parity).toMatchObject({ maxAbsoluteDifference: 0, relativeDifference: 0, isWithinTolerance: true });
  });

  test("takes what is not finite, or missing, as far away", () => {
    const reference = Float32Array.of(1, 1, 1);
    for (const gradient of [
      [Number.NaN, 1, 1],
      [1, Number.NaN, 1],
      [1, 1],
      [Number.POSITIVE_INFINITY, 1, 1],
    ]) {
      const compared = compareGradients("a model", Float32Array.from(gradient), reference);
      expect(compared.maxAbsoluteDifference).toBe(Number.POSITIVE_INFINITY);
      expect(compared.isWithinTolerance).toBe(false);
    }
  });
});

describe("createReport()", () => {
  const report = (device: readonly string[] | null, candidates: readonly CandidateResult[]) =>
    createReport({ runtime: "Bun", device, reasons: ["first"], candidates });

  test("without a GPU nothing has passed or failed, and the exit status is 0", () => {
    const { passed, reasons } = report(null, []);
    expect({ passed, reasons }).toEqual({ passed: null, reasons: ["first"] });
    expect(chooseExitStatus({ device: null, passed: null })).toBe(0);
  });

  test("names what does not load; a GPU that nothing can use has a status of its own", () => {
    const result = report(["a GPU"], [{ ...place, loads: false, reason: "no library" }]);
    expect(result.reasons).toEqual(["first", "onnxruntime on cuda:0: no library"]);
    expect(chooseExitStatus(result)).toBe(3);
  });

  test("passes when all that loads is right, fails when a gradient is off, a model is not computed or nothing is learned", () => {
    const wrong = compareGradients("a model", Float32Array.of(2), Float32Array.of(1));
    const measured: [Measurement, 0 | 1][] = [
      [sound, 0],
      [{ ...sound, gradients: [parity, wrong] }, 1],
      [{ ...sound, failures: ["a model: no such operator"] }, 1],
      [{ ...sound, run: { seconds: 1, accuracy: 0.1, hasLearned: false } }, 1],
    ];
    for (const [measurement, status] of measured) {
      const result = report(
        ["a GPU"],
        [
          { ...place, loads: true, measured: sound },
          { ...place, loads: true, measured: measurement },
        ],
      );
      expect(chooseExitStatus(result)).toBe(status);
      expect(result.reasons.slice(1)).toEqual(measurement.failures.map((reason) => `onnxruntime on cuda:0: ${reason}`));
    }
  });
});

describe("listCandidates()", () => {
  test("is empty without a GPU, tries each of NVIDIA's, and WebGPU alone for others", () => {
    const list = (nvidia: string[], others: string[]) =>
      listCandidates({ nvidia, others }).map(({ engine, device }) => `${engine} ${device}`);
    expect(list([], [])).toEqual([]);
    expect(list(["A", "B"], [])).toEqual([
      "onnxruntime cuda:0",
      "onnxruntime cuda:1",
      "onnxruntime webgpu",
      "tfjs cuda:0",
      "tfjs webgpu",
    ]);
    expect(list([], ["renderD128"])).toEqual(["onnxruntime webgpu", "tfjs webgpu"]);
  });
});

describe("parseAnswer()", () => {
  test("finds the last line that is JSON among what libraries print", () => {
    expect(parseAnswer('loading\n{"a": 1}\n{"b": 2}\n{ not json\nbye\n')).toEqual({ b: 2 });
    expect(parseAnswer("nothing\n")).toBeUndefined();
  });
});
