/**
 * Trains on a folder of images, with a bound on the samples in memory, and prints how large the process had been, in
 * bytes: PROGRAM CACHE_BYTES FOLDER
 */
import { readFileSync } from "node:fs";
import process from "node:process";
import { Naive } from "../../../src/methods/naive/naive.ts";
import { mlp } from "../../../src/models/simple_mlp.ts";
import { SGD } from "../../../src/optimizers/sgd.ts";
import { directoryBenchmark } from "../../../src/streams/benchmarks/directory/directory_benchmark.ts";

const [cacheBytes, path = "."] = process.argv.slice(2);
const transforms = [{ kind: "center-crop", size: 8 }] as const;
const options = { path, cacheBytes: Number(cacheBytes), transforms, testSize: 0.05 };
const benchmark = await directoryBenchmark({ ...options, scenario: "new-instances", experiences: 2 });
const strategy = new Naive({
  model: mlp({ inputShape: benchmark.sampleShape, numClasses: 2, hiddenSize: 8 }),
  optimizer: new SGD({ learningRate: 0.1 }),
  trainMbSize: 32,
  evaluator: null,
  cluster: { workers: 1, engine: "onnxruntime" },
});
await strategy.train(benchmark.trainStream);
await strategy.close();
// The most memory that this process has had, as Linux counts it.
const [, kilobytes = "0"] = /^VmHWM:\s+(\d+) kB$/m.exec(readFileSync("/proc/self/status", "utf8")) ?? [];
console.log(Number(kilobytes) * 1024);
