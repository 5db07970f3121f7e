import { RandomStream } from "../../src/core/random_stream.ts";
import { copyToSharedInt32, createSharedFloat32 } from "../../src/core/shared/shared_memory.ts";
import { createDataSource } from "../../src/data/data_source.ts";
import { Dataset } from "../../src/data/dataset.ts";

/** What a made classification task looks like. */
export interface MadeTask {
  readonly samples?: number;
  readonly features?: number;
  readonly classes?: number;
  readonly seed?: number;
  readonly name?: string;
}

/** Gaussian clusters, one a class, [samples, features]: easy to learn, different for each seed. */
export function makeTask(task: MadeTask = {}): Dataset {
  const { samples = 96, features = 6, classes = 4, seed = 0, name = "made task" } = task;
  const random = new RandomStream(seed, "made-task");
  const centres = Array.from({ length: classes * features }, () => 2 * random.normal());
  const x = createSharedFloat32(samples * features);
  const y = copyToSharedInt32(Array.from({ length: samples }, (_, i) => i % classes));
  for (let i = 0; i < x.length; i++) {
    const label = y[Math.floor(i / features)] ?? 0;
    x[i] = (centres[label * features + (i % features)] ?? 0) + random.normal();
  }
  return Dataset.fromSource(createDataSource({ name, x, y, sampleShape: [features], taskLabel: 0, transforms: [] }));
}
