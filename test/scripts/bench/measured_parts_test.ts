import { describe, expect, test } from "bun:test";
import { sumTrainSeconds } from "../../../scripts/bench/contestants/train_process.ts";
import { countStepFlops } from "../../../scripts/bench/profiles/gemm_rate.ts";
import { summarizeProfile } from "../../../scripts/bench/profiles/operator_profile.ts";
import { createProgressLine } from "../../../scripts/bench/progress_line.ts";
import { summarizeShares } from "../../../scripts/bench/suites/scaling_suite.ts";
import { mlp } from "../../../src/models/simple_mlp.ts";

describe("countStepFlops()", () => {
  test("counts three products for every layer, two for the first", () => {
    const model = mlp({ inputShape: [6], hiddenLayers: 1, hiddenSize: 8, numClasses: 4 });
    expect(countStepFlops(model, 10)).toBe(10 * 2 * (2 * 6 * 8 + 3 * 8 * 4));
    model.dispose();
  });
});

describe("summarizeShares()", () => {
  test("takes the median over steps of what the busiest replica does not cover", () => {
    const idle = { gatherMs: 0, engineMs: 0, barrierMs: 9, updateMs: 0 };
    const busy = { gatherMs: 1, engineMs: 6, barrierMs: 0, updateMs: 1 };
    const shares = summarizeShares([
      { wallMs: 10, replicas: [idle, busy] },
      { wallMs: 10, replicas: [busy, idle] },
      { wallMs: 100, replicas: [busy, busy] },
    ]);
    expect(shares.outsideEngines).toBeCloseTo(40);
    expect(shares.outsideReplicas).toBeCloseTo(20);
  });
});

describe("summarizeProfile()", () => {
  const event = (node: string, operator: string, dur: number) => ({
    cat: "Node",
    name: `${node}_kernel_time`,
    dur,
    args: { op_name: operator },
  });

  test("gives the mean of every node without its first run, slowest first", () => {
    const events = [
      { cat: "Session", name: "model_run", dur: 5 },
      event("a", "Gemm", 9000),
      event("b", "Relu", 500),
      event("a", "Gemm", 1000),
      event("b", "Relu", 4000),
      event("a", "Gemm", 3000),
      { ...event("a", "Gemm", 1e9), name: "a_fence_before" },
    ];
    expect(summarizeProfile(events)).toEqual([
      { node: "b", operator: "Relu", msPerRun: 4 },
      { node: "a", operator: "Gemm", msPerRun: 2 },
    ]);
  });

  test("finds nothing in what is no profile", () => {
    expect(summarizeProfile({})).toEqual([]);
    expect(summarizeProfile([null, 3])).toEqual([]);
  });
});

describe("sumTrainSeconds()", () => {
  test("adds up the experiences of a summary", () => {
    expect(sumTrainSeconds({ experiences: [{ trainSeconds: 1.5 }, { trainSeconds: 2 }] })).toBe(3.5);
  });

  test("refuses a summary without them", () => {
    for (const summary of [null, {}, { experiences: [] }, { experiences: [{}] }]) {
      expect(() => sumTrainSeconds(summary)).toThrow(TypeError);
    }
  });
});

describe("createProgressLine()", () => {
  test("writes over itself on a terminal, and only what is new elsewhere", () => {
    let terminal = "";
    const onTerminal = createProgressLine({ write: (text) => (terminal += text), isTTY: true });
    onTerminal.show("a: 1");
    onTerminal.show("a: 2");
    onTerminal.clear();
    expect(terminal.split("\r\u001b[K")).toEqual(["", "a: 1", "a: 2", ""]);
    let file = "";
    const inFile = createProgressLine({ write: (text) => (file += text) });
    for (const text of ["a: 1", "a: 2", "b: 1"]) inFile.show(text);
    inFile.clear();
    expect(file).toBe("a\nb\n");
  });
});
