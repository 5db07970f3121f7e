/**
 * `bun scripts/bench/profiles/profile_evaluation.ts [EXPERIENCES] [SAMPLES]`: what an evaluated experience costs beside
 * its forward pass, in processor time of SimpleMLP with no workers. Default: 2,000 experiences of 5 samples. The
 * forward passes alone take turns with the evaluations.
 */
import process from "node:process";
import { EvaluationPlugin } from "../../../src/evaluation/evaluation_plugin.ts";
import { accuracyMetrics } from "../../../src/evaluation/metrics/accuracy/accuracy.ts";
import { lossMetrics } from "../../../src/evaluation/metrics/loss/loss.ts";
import { Naive } from "../../../src/methods/naive/naive.ts";
import { simpleMLP } from "../../../src/models/simple_mlp.ts";
import { SGD } from "../../../src/optimizers/sgd.ts";
import { createBenchmark } from "../../../src/streams/benchmark.ts";
import { splitMNIST } from "../../../src/streams/benchmarks/split_mnist.ts";
import { median } from "../statistics.ts";

const ROUNDS = 7;
const [experiences, samples] = [Number(process.argv[2] ?? 2000), Number(process.argv[3] ?? 5)];

const { dataset } = (await splitMNIST({ experiences: 1 })).testStream.at(0);
const parts = Array.from({ length: experiences }, (_, experience) => ({
  dataset: dataset.subset(Array.from({ length: samples }, (_, i) => (experience * samples + i) % dataset.length)),
}));
const benchmark = createBenchmark({
  name: "small",
  train: parts.slice(0, 1),
  test: parts,
  numClasses: 10,
  sampleShape: [28, 28, 1],
  isTaskIncremental: false,
  normalization: { scale: 1, mean: [], std: [] },
});
const wanted = { experience: true, stream: true };
await using strategy = new Naive({
  model: simpleMLP(),
  optimizer: new SGD({ learningRate: 0.01 }),
  evaluator: new EvaluationPlugin({ metrics: [...accuracyMetrics(wanted), ...lossMetrics(wanted)] }),
  cluster: { workers: 0, engine: "onnxruntime" },
});
await strategy.start();

async function measure(work: () => Promise<unknown>): Promise<number> {
  const before = process.cpuUsage();
  await work();
  const { user, system } = process.cpuUsage(before);
  return (user + system) / experiences;
}

const { cluster } = strategy;
const [whole, forward]: number[][] = [[], []];
for (let round = 0; round <= ROUNDS; round++) {
  const wholeUs = await measure(() => strategy.eval(benchmark.testStream));
  const forwardUs = await measure(async () => {
    for (const part of parts) await cluster.forward({ samples: part.dataset, training: false, dropoutStep: 0 });
  });
  if (round === 0) continue;
  whole?.push(wholeUs);
  forward?.push(forwardUs);
}
const [all, own] = [median(whole ?? []), median(forward ?? [])];
process.stdout.write(`${experiences} experiences of ${samples} samples, processor time of one, medians of ${ROUNDS}\n`);
process.stdout.write(`  evaluation: ${all.toFixed(0)} µs, of it the forward pass: ${own.toFixed(0)} µs\n`);
