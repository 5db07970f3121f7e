import { RandomStream } from "../../src/core/random_stream.ts";
import { createArrayDataset } from "../../src/data/array_dataset.ts";
import type { Dataset } from "../../src/data/dataset.ts";
import { createDatasetBenchmark } from "../../src/streams/benchmarks/dataset_benchmark.ts";
import type { Benchmark } from "../../src/streams/experience.ts";

/** What made samples with targets that are numbers look like. */
export interface MadeTargets {
  readonly kind?: "values" | "labels";
  readonly samples?: number;
  readonly width?: number;
  readonly seed?: number;
  readonly name?: string;
  /** What is added to each value: another one is another concept. */
  readonly offset?: number;
}

/** Samples [samples, 6] whose targets are linear functions of them, or the signs of these. */
export function makeTargets(made: MadeTargets = {}): Dataset {
  const { kind = "values", samples = 48, width = 2, seed = 0, name = "made targets", offset = 0 } = made;
  const random = new RandomStream(seed, "made-targets");
  const x = Float32Array.from({ length: samples * 6 }, () => random.normal());
  const sums = Array.from({ length: samples }, (_, row) =>
    Array.from({ length: width }, (_, column) => offset + (x[row * 6 + column] ?? 0) - (x[row * 6 + column + 1] ?? 0)),
  );
  const targetNames = Array.from({ length: width }, (_, column) => `target ${column}`);
  const targets = kind === "values" ? { values: sums } : { labels: sums.map((row) => row.map((v) => (v > 0 ? 1 : 0))) };
  return createArrayDataset({ name, x, sampleShape: [6], targetNames, ...targets });
}

/** Experiences of such samples, each with another concept, and a test experience for each. */
export function makeTargetBenchmark({
  experiences = 2,
  ...made
}: MadeTargets & { experiences?: number } = {}): Benchmark {
  const make = (part: string, samples: number) =>
    Array.from({ length: experiences }, (_, seed) =>
      makeTargets({ ...made, samples, seed: seed + samples, offset: seed, name: `${part} ${seed}` }),
    );
  const { samples = 48 } = made;
  return createDatasetBenchmark({ name: "made targets", train: make("train", samples), test: make("test", 24) });
}
