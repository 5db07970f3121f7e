/**
 * `mpirun -np R bun scripts/bench/profiles/profile_ranks.ts [MODEL] [ROWS] [STEPS]`: where the time of a training step
 * on R ranks goes, in the words of the peers' models (default: simple-cnn), with ROWS rows a rank (64). The speed on 2
 * ranks relative to one is 2 · (the time of a step on one) / (the time of a step on two).
 */
import process from "node:process";
import { joinRanks } from "../../../src/cluster/ranks/join_ranks.ts";
import { RefusalError } from "../../../src/core/errors/errors.ts";
import { LibrarySteps } from "../contestants/library_steps.ts";
import { median } from "../statistics.ts";
import { listWorkloads } from "../suites/workloads.ts";

const [model = "simple-cnn", rows = "64", count = "30"] = process.argv.slice(2);
const [batchSize, steps] = [Number(rows), Number(count)];
const workload = listWorkloads({ imageBatchSize: batchSize }).find(({ peerModel }) => peerModel === model);
if (!workload) throw new RefusalError(`there is no model ${model} to measure`);

await using ranks = await joinRanks();
const cluster = { workers: 0, engine: "onnxruntime", ranks } as const;
const training = await LibrarySteps.open({ workload, batchSize: ranks.size * batchSize, steps, cluster });
try {
  await training.record();
  const before = process.cpuUsage();
  const records = await training.record();
  const { user, system } = process.cpuUsage(before);
  const parts = {
    step: records.map(({ wallMs }) => wallMs),
    engine: records.map(({ replicas }) => Math.max(...replicas.map(({ engineMs }) => engineMs))),
    "exchange, and waiting for other ranks": records.map(({ replicas }) =>
      Math.max(...replicas.map(({ barrierMs }) => barrierMs)),
    ),
    update: records.map(({ replicas }) => Math.max(...replicas.map(({ updateMs }) => updateMs))),
  };
  const lines = Object.entries(parts).map(([name, values]) => `  ${name}: ${median(values).toFixed(2)} ms`);
  const cpuMs = (user + system) / 1000 / steps;
  const title = `rank ${ranks.rank} of ${ranks.size}, ${workload.name}, ${batchSize} rows a rank`;
  process.stdout.write(`${[title, ...lines, `  processor time: ${cpuMs.toFixed(2)} ms`].join("\n")}\n`);
} finally {
  await training.close();
}
