import { describe, expect, test } from "bun:test";
import { runCandidate } from "../../../scripts/gpu_check/run_candidate.ts";

describe("runCandidate()", () => {
  test("measures steps, gradients and a short run: the CPU agrees with itself", async () => {
    const result = await runCandidate({ engine: "onnxruntime", device: "cpu" }, { extent: "quick" });
    if (!result.loads) throw new Error(result.reason);
    const { name, steps, gradients, run } = result.measured;
    expect(name).toBe("onnxruntime");
    expect(steps.map(({ model }) => model)).toEqual(["SimpleMLP", "SimpleCNN"]);
    for (const { maxAbsoluteDifference } of gradients) expect(maxAbsoluteDifference).toBe(0);
    expect(run.hasLearned).toBe(true);
  }, 60_000);

  test("says why a candidate does not load", async () => {
    const result = await runCandidate({ engine: "onnxruntime", device: "abacus" }, { extent: "quick" });
    expect(result).toMatchObject({
      loads: false,
      reason: expect.stringContaining("device must be cpu, webgpu or cuda:NUMBER"),
    });
  });
});
