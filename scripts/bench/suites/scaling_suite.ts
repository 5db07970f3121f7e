import { elementAt } from "../../../src/core/element_at.ts";
import { type BenchContext, takeTurns } from "../bench_context.ts";
import type { Comparison } from "../bench_row.ts";
import { LibrarySteps, type StepRecord } from "../contestants/library_steps.ts";
import type { Contestant } from "../interleave.ts";
import { median } from "../statistics.ts";
import { listWorkloads, SIMPLE_MLP, type Workload } from "./workloads.ts";

/** The share of a step outside the replicas' compute that is wanted at most, in percent. */
const WANTED_SHARE = 10;

/** Two workers against one with the same minibatch each, and the share of a step that is not the replicas' compute. */
export async function* runScalingSuite(context: BenchContext): AsyncGenerator<Comparison> {
  for (const workload of listWorkloads(context.sizes)) {
    if (workload.peerModel !== "slim-resnet18") yield* compareWorkers(context, workload);
  }
  yield* measureShares(context, { workload: SIMPLE_MLP, batchSize: 2 * SIMPLE_MLP.batchSize });
  yield* measureShares(context, { workload: SIMPLE_MLP, batchSize: SIMPLE_MLP.batchSize });
}

async function* compareWorkers(context: BenchContext, workload: Workload): AsyncGenerator<Comparison> {
  const { sizes } = context;
  const steps = workload.isSlow ? sizes.slowSteps : sizes.steps;
  // Both against one worker with a batch of 128, whatever the step suite takes.
  const batchSize = workload.isSlow ? sizes.imageBatchSize * 2 : workload.batchSize;
  const open = (workers: number) => () =>
    LibrarySteps.open({
      workload,
      batchSize: workers * batchSize,
      steps,
      figure: "examples/s",
      cluster: { workers, engine: "onnxruntime" },
    });
  const figures = await takeTurns(context, {
    about: `scaling: ${workload.name}`,
    leadIns: workload.isSlow ? 0 : 1,
    open: [open(1), open(2), () => openApart([open(1), open(1)])],
    repetitions: workload.isSlow ? sizes.slowRepetitions : sizes.repetitions,
  });
  const [one, two, apart] = [elementAt(figures, 0), elementAt(figures, 1), elementAt(figures, 2)];
  const base = { suite: "scaling", unit: "examples/s", ours: two.values } as const;
  const name = `${workload.name}, 2 workers, batch ${batchSize} each`;
  yield { ...base, name, peerName: `1 worker, batch ${batchSize}`, peer: one.values };
  yield { ...base, name, peerName: "two trainings side by side that share nothing", peer: apart.values };
}

/** Two trainings at once that have nothing to do with each other: what this machine gives to two threads at best. */
async function openApart(open: readonly (() => Promise<Contestant>)[]): Promise<Contestant> {
  const contestants: Contestant[] = [];
  for (const start of open) contestants.push(await start());
  return {
    name: "side by side",
    async measure() {
      const rates = await Promise.all(contestants.map((contestant) => contestant.measure()));
      return rates.reduce((sum, rate) => sum + rate, 0);
    },
    async close() {
      for (const contestant of contestants) await contestant.close();
    },
  };
}

async function* measureShares(
  context: BenchContext,
  { workload, batchSize }: { workload: Workload; batchSize: number },
): AsyncGenerator<Comparison> {
  const { sizes, signal, progress } = context;
  const cluster = { workers: 2, engine: "onnxruntime" } as const;
  const steps = await LibrarySteps.open({ workload, batchSize, steps: sizes.steps, cluster });
  const shares: StepShares[] = [];
  try {
    for (let round = 0; round < sizes.warmups + sizes.repetitions; round++) {
      signal.throwIfAborted();
      progress(`scaling: shares of a step, round ${round + 1}`);
      const records = await steps.record();
      if (round >= sizes.warmups) shares.push(summarizeShares(records));
    }
  } finally {
    await steps.close();
  }
  const title = `${workload.name}, 2 workers, batch ${batchSize / 2} each: share of a step outside the`;
  const base = { suite: "scaling", unit: "%", peerName: "wanted at most", peer: [WANTED_SHARE] } as const;
  yield { ...base, name: `${title} engines`, ours: shares.map(({ outsideEngines }) => outsideEngines) };
  yield { ...base, name: `${title} replicas' work`, ours: shares.map(({ outsideReplicas }) => outsideReplicas) };
}

/** Shares of a step's wall time in percent, medians over steps. */
export interface StepShares {
  /** Not covered by the longest engine call: gathering, reduction, optimizer, waiting, coordination. */
  readonly outsideEngines: number;
  /**
   * Not covered by the busiest replica's gathering, engine calls, reduction and optimizer: waiting and coordination
   * alone.
   */
  readonly outsideReplicas: number;
}

/** @throws {RangeError} If there are no steps. */
export function summarizeShares(records: readonly StepRecord[]): StepShares {
  const share = (record: StepRecord, pick: (timings: StepRecord["replicas"][number]) => number) =>
    100 * (1 - Math.max(...record.replicas.map(pick)) / record.wallMs);
  return {
    outsideEngines: median(records.map((record) => share(record, ({ engineMs }) => engineMs))),
    outsideReplicas: median(
      records.map((record) => share(record, ({ gatherMs, engineMs, updateMs }) => gatherMs + engineMs + updateMs)),
    ),
  };
}
