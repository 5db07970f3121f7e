import { writeFile } from "node:fs/promises";
import { cpus, loadavg, release } from "node:os";
import process from "node:process";
import type { CliContext } from "../../src/cli/cli_context.ts";
import type { BenchContext } from "./bench_context.ts";
import { type Comparison, createRow, type SuiteName } from "./bench_row.ts";
import { FULL_SIZES, QUICK_SIZES } from "./bench_sizes.ts";
import type { PythonPeer } from "./contestants/find_pythons.ts";
import { formatComparisons, formatJson } from "./format_rows.ts";
import { createProgressLine } from "./progress_line.ts";
import { runFeedbackSuite } from "./suites/feedback_suite.ts";
import { runLongSuite } from "./suites/long_suite.ts";
import { runManySuite } from "./suites/many_suite.ts";
import { runNetworksSuite } from "./suites/networks_suite.ts";
import { runOnlineSuite } from "./suites/online_suite.ts";
import { runRunSuite } from "./suites/run_suite.ts";
import { runScalingSuite } from "./suites/scaling_suite.ts";
import { runServeSuite } from "./suites/serve_suite.ts";
import { runStepSuite } from "./suites/step_suite.ts";
import { runStrategySuite } from "./suites/strategy_suite.ts";

/** What is measured, and where it goes. */
export interface BenchPlan {
  readonly suites: readonly SuiteName[];
  readonly pythons: readonly PythonPeer[];
  readonly isQuick: boolean;
  /** The file that gets the rows. */
  readonly json: string | undefined;
}

const RUN_SUITE: Readonly<Record<SuiteName, (context: BenchContext) => AsyncGenerator<Comparison>>> = {
  step: runStepSuite,
  scaling: runScalingSuite,
  online: runOnlineSuite,
  long: runLongSuite,
  many: runManySuite,
  run: runRunSuite,
  strategies: runStrategySuite,
  networks: runNetworksSuite,
  serve: runServeSuite,
  feedback: runFeedbackSuite,
};

/** Runs the suites and prints one table for each; the file is written after every comparison, so that none is lost. */
export async function runBench(plan: BenchPlan, { stdout, stderr, signal }: CliContext): Promise<void> {
  const line = createProgressLine(stderr);
  const { suites, pythons, isQuick, json } = plan;
  const note = (text: string) => {
    line.clear();
    stdout.write(`${text}\n`);
  };
  const sizes = isQuick ? QUICK_SIZES : FULL_SIZES;
  const trainers = pythons.filter(({ torch }) => torch !== undefined);
  const servers = pythons.filter(({ fastapi, mlserver }) => fastapi !== undefined || mlserver !== undefined);
  const context: BenchContext = { sizes, pythons: trainers, servers, signal, progress: line.show, note };
  note(describeMachine());
  const all: Comparison[] = [];
  try {
    for (const suite of suites) {
      const comparisons: Comparison[] = [];
      for await (const comparison of RUN_SUITE[suite](context)) {
        comparisons.push(comparison);
        if (json !== undefined) await writeFile(json, formatJson([...all, ...comparisons].map(createRow)));
      }
      all.push(...comparisons);
      line.clear();
      stdout.write(`\n${formatComparisons(comparisons)}`);
    }
  } finally {
    line.clear();
  }
}

/** What the figures depend on: runtime, processor, and how busy the machine was before. */
function describeMachine(): string {
  const { bun, deno } = process.versions;
  const runtime = bun ? `Bun ${bun}` : `Deno ${deno}`;
  const processors = cpus();
  const model = processors[0]?.model.trim() ?? "unknown processor";
  const [load = 0] = loadavg();
  const warning = load > 0.5 ? " (the machine is busy: figures will be poor)" : "";
  return `${runtime} on ${processors.length} × ${model}, kernel ${release()}, load ${load.toFixed(1)}${warning}`;
}
