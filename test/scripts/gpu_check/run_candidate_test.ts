import { describe, expect, test } from "bun:test";
import { runCandidate } from "../../../scripts/gpu_check/run_candidate.ts";

describe("runCandidate()", () => {
  test("says why a candidate does not load", async () => {
    const result = await runCandidate({ engine: "onnxruntime", device: "abacus" }, { extent: "quick" });
    expect(result).toMatchObject({
      loads: false,
      reason: expect.stringContaining("device must be cpu, webgpu or cuda:NUMBER"),
    });
  });
});
