import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { elementAt } from "../../../src/core/element_at.ts";
import type { Dataset } from "../../../src/data/dataset.ts";
import { Naive } from "../../../src/methods/naive/naive.ts";
import { simpleMLP } from "../../../src/models/simple_mlp.ts";
import { SGD } from "../../../src/optimizers/sgd.ts";
import { createTrainingRun } from "../../../src/runs/create_training_run.ts";
import { createBenchmark } from "../../../src/streams/benchmark.ts";
import { splitMNIST } from "../../../src/streams/benchmarks/split_mnist.ts";
import type { Benchmark } from "../../../src/streams/experience.ts";
import type { BenchContext } from "../bench_context.ts";
import type { Comparison } from "../bench_row.ts";
import { median } from "../statistics.ts";

/** Samples in each experience. */
const SAMPLES = 100;

/** What the files of a run may cost for an experience, at the end of the run. */
const WANTED_MS = 20;

/** How long an experience took, in milliseconds: its files, and the evaluation of one test experience. */
interface ExperienceTimes {
  readonly bookkeepingMs: number;
  readonly evaluationMs: number;
}

/**
 * Runs of many small experiences, each followed by an evaluation of all: does what a run writes and remembers grow with
 * the number of experiences? Models are not exported.
 */
export async function* runManySuite(context: BenchContext): AsyncGenerator<Comparison> {
  const { manyExperiences } = context.sizes;
  context.progress(`many: ${manyExperiences} experiences`);
  const times = await measureRun(context, await cutMNIST(manyExperiences));
  const tenth = Math.ceil(times.length / 10);
  const [first, last] = [times.slice(0, tenth), times.slice(-tenth)];
  const name = `${manyExperiences} experiences of ${SAMPLES} samples, the last tenth`;
  for (const [what, figure] of [
    ["bookkeeping of an experience", "bookkeepingMs"],
    ["evaluation of one", "evaluationMs"],
  ] as const) {
    const [ours, peer] = [last, first].map((part) => [median(part.map((one) => one[figure]))]);
    const base = { suite: "many", name: `${name}, ${what}`, unit: "ms", ours: ours ?? [] } as const;
    yield { ...base, peerName: "the first tenth", peer: peer ?? [] };
    if (figure === "bookkeepingMs") yield { ...base, peerName: "what is wanted", peer: [WANTED_MS] };
  }
}

/** So many experiences of MNIST's training and test samples, in the files' order, from the beginning where they end. */
async function cutMNIST(count: number): Promise<Benchmark> {
  const { trainStream, testStream } = await splitMNIST({ experiences: 1 });
  const cut = ({ dataset }: { readonly dataset: Dataset }) =>
    Array.from({ length: count }, (_, experience) => {
      const rows = Array.from({ length: SAMPLES }, (_, i) => (experience * SAMPLES + i) % dataset.length);
      return { dataset: dataset.subset(rows) };
    });
  return createBenchmark({
    name: "many",
    train: cut(trainStream.at(0)),
    test: cut(testStream.at(0)),
    numClasses: 10,
    sampleShape: [28, 28, 1],
    isTaskIncremental: false,
    normalization: { scale: 1, mean: [], std: [] },
  });
}

async function measureRun({ signal }: BenchContext, benchmark: Benchmark): Promise<ExperienceTimes[]> {
  const folder = await mkdtemp(join(tmpdir(), "firn-bench-"));
  const moments: number[] = [];
  try {
    await using run = await createTrainingRun({
      benchmark,
      directory: join(folder, "run"),
      config: {},
      exportsModels: false,
      signal,
      onSummary: () => void moments.push(performance.now()),
      createStrategy: (parts) =>
        new Naive({
          ...parts,
          model: simpleMLP({ hiddenSize: 32 }),
          optimizer: new SGD({ learningRate: 0.01 }),
          trainMbSize: SAMPLES,
          cluster: { workers: 0, engine: "onnxruntime" },
        }),
    });
    const { experiences } = await run.train();
    return experiences.map(({ trainSeconds, evalSeconds }, i) => {
      // A summary is told of when the run begins, and after each experience.
      const wholeMs = elementAt(moments, i + 1) - elementAt(moments, i);
      return {
        bookkeepingMs: wholeMs - 1000 * (trainSeconds + evalSeconds),
        evaluationMs: (1000 * evalSeconds) / experiences.length,
      };
    });
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}
