import { describe, expect, test } from "bun:test";
import { EvaluationPlugin } from "../../src/evaluation/evaluation_plugin.ts";
import { JSONLinesLogger } from "../../src/evaluation/loggers/json_lines_logger.ts";
import { lossMetrics } from "../../src/evaluation/metrics/loss/loss.ts";
import { cpuUsageMetrics } from "../../src/evaluation/metrics/resources/cpu_usage.ts";
import { parseLoad } from "../../src/evaluation/metrics/resources/gpu_load_monitor.ts";
import { gpuUsageMetrics } from "../../src/evaluation/metrics/resources/gpu_usage_metrics.ts";
import { ramUsageMetrics } from "../../src/evaluation/metrics/resources/ram_usage_metrics.ts";
import { timingMetrics } from "../../src/evaluation/metrics/resources/timing_metrics.ts";
import type { PluginMetric } from "../../src/evaluation/plugin_metric.ts";
import { FakeStrategy } from "./fake_strategy.ts";
import { createPlainStream } from "./fake_stream.ts";

const occasions = { minibatch: true, epoch: true, experience: true, stream: true };

/** One experience of two minibatches, then an evaluation of two experiences of two. */
function run(metrics: readonly PluginMetric[]) {
  const evaluator = new EvaluationPlugin({ metrics });
  const strategy = new FakeStrategy(evaluator);
  strategy.train([createPlainStream("train", 1).at(0)]);
  strategy.eval([...createPlainStream("test", 2)]);
  return evaluator.getAllMetrics();
}

/** A clock that moves on by a second whenever it is read. */
function createTickingClock(): () => number {
  let seconds = 0;
  return () => seconds++ * 1000;
}

describe("timingMetrics()", () => {
  test("spells its keys as Avalanche does", () => {
    const metrics = timingMetrics({ ...occasions, epochRunning: true });
    expect(Object.keys(run(metrics)).sort()).toEqual([
      "RunningTime_Epoch/train_phase/train_stream/Task000",
      "Time_Epoch/train_phase/train_stream/Task000",
      "Time_Exp/eval_phase/test_stream/Task000/Exp000",
      "Time_Exp/eval_phase/test_stream/Task000/Exp001",
      "Time_MB/train_phase/train_stream/Task000",
      "Time_Stream/eval_phase/test_stream/Task000",
    ]);
  });

  test("measures a span from its start to its last minibatch", () => {
    const of = (options: object) => Object.values(run(timingMetrics({ ...options, now: createTickingClock() })));
    // The clock is read when the span starts and after each of its minibatches.
    expect(of({ minibatch: true })[0]?.values).toEqual([1, 1]);
    expect(of({ epoch: true })[0]?.values).toEqual([2]);
    expect(of({ epochRunning: true })[0]?.values).toEqual([1, 1]);
    expect(of({ stream: true })[0]?.values).toEqual([4]);
  });
});

describe("cpuUsageMetrics()", () => {
  test("spells its keys as Avalanche does, and measures in percent", () => {
    const metrics = cpuUsageMetrics({
      ...occasions,
      epochRunning: true,
      now: createTickingClock(),
      usedMs: createTickingClock(),
    });
    const all = run(metrics);
    expect(Object.keys(all).map((key) => key.split("/")[0])).toEqual([
      "CPUUsage_MB",
      "RunningCPUUsage_Epoch",
      "CPUUsage_Epoch",
      "CPUUsage_Exp",
      "CPUUsage_Exp",
      "CPUUsage_Stream",
    ]);
    for (const { values } of Object.values(all)) for (const value of values) expect(value).toBe(100);
  });
});

describe("ramUsageMetrics()", () => {
  test("spells its keys as Avalanche does, and keeps the largest", () => {
    let mebibytes = 100;
    const readBytes = () => {
      mebibytes -= 10;
      return mebibytes * 2 ** 20;
    };
    const all = run(ramUsageMetrics({ minibatch: true, epoch: true, every: 0, readBytes }));
    expect(Object.entries(all).map(([key, { values }]) => [key, values])).toEqual([
      ["MaxRAMUsage_MB/train_phase/train_stream/Task000", [90, 70]],
      ["MaxRAMUsage_Epoch/train_phase/train_stream/Task000", [80]],
    ]);
    expect(
      Object.keys(run(ramUsageMetrics({ experience: true, stream: true }))).map((key) => key.split("/")[0]),
    ).toEqual(["MaxRAMUsage_Experience", "MaxRAMUsage_Experience", "MaxRAMUsage_Stream"]);
  });

  test("looks once a span at least, and not more often than asked for", () => {
    let looks = 0;
    const readBytes = () => {
      looks += 1;
      return 2 ** 20;
    };
    run(ramUsageMetrics({ stream: true, epoch: true, every: 1e9, readBytes }));
    expect(looks).toBe(2);
  });

  test("measures this process, when nothing else is given", () => {
    const [value] = Object.values(run(ramUsageMetrics({ stream: true })))[0]?.values ?? [];
    expect(value).toBeGreaterThan(1);
  });
});

describe("gpuUsageMetrics()", () => {
  test("keeps the largest load of a span, and the load before where a span had no look", () => {
    let listener: ((percent: number) => void) | undefined;
    let open = 0;
    const metrics = gpuUsageMetrics({
      gpuId: 3,
      minibatch: true,
      epoch: true,
      openMonitor: (listen) => {
        listener = listen;
        open += 1;
        return () => {
          open -= 1;
        };
      },
    });
    const looks = [[40, 70, 20], []];
    const spy: PluginMetric = {
      name: "spy",
      save: () => null,
      restore: () => undefined,
      beforeTrainingIteration: () => {
        for (const percent of looks.shift() ?? []) listener?.(percent);
        expect(open).toBe(1);
        return undefined;
      },
    };
    // Before the others, whose spans begin when their own callback is called.
    const all = run([...metrics, spy]);
    expect(Object.entries(all).map(([key, { values }]) => [key, values])).toEqual([
      ["MaxGPU3Usage_MB/train_phase/train_stream/Task000", [70, 20]],
      ["MaxGPU3Usage_Epoch/train_phase/train_stream/Task000", [70]],
    ]);
    expect(open).toBe(0);
  });

  test("parseLoad() reads a percentage, and nothing where there is none", () => {
    expect([parseLoad("37"), parseLoad(" 100 "), parseLoad("[N/A]"), parseLoad("")]).toEqual([
      37,
      100,
      undefined,
      undefined,
    ]);
  });
});

describe("metrics of the machine", () => {
  test("stay out of JSON lines unless asked for", () => {
    const write = (withMachine: boolean) => {
      const lines: string[] = [];
      const logger = new JSONLinesLogger({ write: (text) => lines.push(text), withMachine });
      const metrics = [...timingMetrics({ minibatch: true }), ...lossMetrics({ minibatch: true })];
      const strategy = new FakeStrategy(new EvaluationPlugin({ metrics, loggers: [logger] }));
      strategy.train([createPlainStream("train", 1).at(0)], { batches: [1] });
      return lines.join("");
    };
    expect(write(false)).not.toContain("Time_MB");
    expect(write(false)).toContain("Loss_MB");
    expect(write(true)).toContain("Time_MB");
  });
});
