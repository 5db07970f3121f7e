/**
 * A program of its own, `bun scripts/bench/profiles/profile_step.ts [WORKERS]`: says where the time of SimpleMLP's
 * training step goes. Outside onnxruntime by the replicas' own figures, inside by onnxruntime's profiler.
 */
import process from "node:process";
import { formatTable } from "../../../src/cli/format_table.ts";
import { fillDropoutMask } from "../../../src/engine/dropout_mask.ts";
import { LibrarySteps, type StepRecord } from "../contestants/library_steps.ts";
import { median } from "../statistics.ts";
import { SIMPLE_MLP } from "../suites/workloads.ts";
import { profileOperators } from "./operator_profile.ts";

const RUNS = 200;
const workers = Number(process.argv[2] ?? 1);
const { batchSize } = SIMPLE_MLP;

const steps = await LibrarySteps.open({
  workload: SIMPLE_MLP,
  batchSize: batchSize * Math.max(1, workers),
  steps: RUNS,
  cluster: { workers, engine: "onnxruntime" },
});
await steps.measure();
const records = await steps.record();
await steps.close();

const stepMs = median(records.map(({ wallMs }) => wallMs));
const busiest = (pick: (timings: StepRecord["replicas"][number]) => number) =>
  median(records.map(({ replicas }) => Math.max(...replicas.map(pick))));
const insideMs = busiest(({ gatherMs, engineMs, barrierMs, updateMs }) => gatherMs + engineMs + barrierMs + updateMs);
const parts: [string, number][] = [
  ["gather and normalise", busiest(({ gatherMs }) => gatherMs)],
  ["engine (dropout mask included)", busiest(({ engineMs }) => engineMs)],
  ["  of it the dropout mask", timeDropoutMask()],
  ["reduce and optimizer", busiest(({ updateMs }) => updateMs)],
  ["waiting at the barrier", busiest(({ barrierMs }) => barrierMs)],
  ["draw the minibatch, wake up, read back", stepMs - insideMs],
  ["step", stepMs],
];
process.stdout.write(`SimpleMLP, batch ${batchSize} each, workers ${workers}, medians of ${RUNS} steps\n`);
process.stdout.write(formatTable([["part", "ms", "%"], ...parts.map(([name, ms]) => formatPart(name, ms, stepMs))]));

const model = SIMPLE_MLP.createModel();
const { operators, msPerCall } = await profileOperators(model, { batchSize, runs: RUNS });
const insideOperators = operators.reduce((sum, { msPerRun }) => sum + msPerRun, 0);
process.stdout.write(`\nonnxruntime's operators, means of ${RUNS} runs with profiling on\n`);
const rows = operators.map(({ operator, node, msPerRun }) => [
  `${operator} ${node}`,
  ...formatPart("", msPerRun, msPerCall).slice(1),
]);
process.stdout.write(
  formatTable([
    ["operator and what it makes", "ms", "%"],
    ...rows,
    formatPart("all operators", insideOperators, msPerCall),
    formatPart("a call, profiling off", msPerCall, msPerCall),
  ]),
);

function timeDropoutMask(): number {
  const mask = new Float32Array(batchSize * 512);
  const times = Array.from({ length: RUNS }, (_, step) => {
    const began = performance.now();
    fillDropoutMask(mask, 0.5, { seed: 0, step, shard: 0 }, 0);
    return performance.now() - began;
  });
  return median(times);
}

function formatPart(name: string, ms: number, of: number): string[] {
  return [name, ms.toFixed(3), ((100 * ms) / of).toFixed(1)];
}
