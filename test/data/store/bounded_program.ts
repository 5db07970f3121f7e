/**
 * Trains on one folder of images after another, with a bound on the samples in memory, and prints how large the process
 * had been after each, in bytes: PROGRAM CACHE_BYTES FOLDER…
 */
import { readFileSync } from "node:fs";
import process from "node:process";
import { Naive } from "../../../src/methods/naive/naive.ts";
import { mlp } from "../../../src/models/simple_mlp.ts";
import { SGD } from "../../../src/optimizers/sgd.ts";
import { directoryBenchmark } from "../../../src/streams/benchmarks/directory/directory_benchmark.ts";

async function trainOn(path: string, cacheBytes: number): Promise<void> {
  const transforms = [{ kind: "resize", size: 8, width: 8 }] as const;
  const options = { path, cacheBytes, transforms, scenario: "new-instances", experiences: 1, testSize: 0.05 } as const;
  const benchmark = await directoryBenchmark(options);
  await using strategy = new Naive({
    model: mlp({ inputShape: benchmark.sampleShape, numClasses: 2, hiddenSize: 8 }),
    optimizer: new SGD({ learningRate: 0.1 }),
    trainMbSize: 32,
    trainEpochs: 2,
    evaluator: null,
    cluster: { workers: 1, engine: "onnxruntime" },
  });
  await strategy.train(benchmark.trainStream);
}

/** The most memory that this process has had, as Linux counts it. */
function readPeakBytes(): number {
  const [, kilobytes = "0"] = /^VmHWM:\s+(\d+) kB$/m.exec(readFileSync("/proc/self/status", "utf8")) ?? [];
  return Number(kilobytes) * 1024;
}

const [cacheBytes, ...folders] = process.argv.slice(2);
const peaks: number[] = [];
for (const folder of folders) {
  await trainOn(folder, Number(cacheBytes));
  peaks.push(readPeakBytes());
}
console.log(JSON.stringify(peaks));
