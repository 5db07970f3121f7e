import type * as tf from "@tensorflow/tfjs";
import { RandomStream } from "../../../src/core/random_stream.ts";
import { createSharedInt32, createSharedUint8 } from "../../../src/core/shared/shared_memory.ts";
import { createDataSource } from "../../../src/data/data_source.ts";
import { Dataset } from "../../../src/data/dataset.ts";
import { simpleCNN } from "../../../src/models/simple_cnn.ts";
import { simpleMLP } from "../../../src/models/simple_mlp.ts";
import { slimResNet18 } from "../../../src/models/slim_resnet18.ts";
import { splitMNIST } from "../../../src/streams/benchmarks/split_mnist.ts";
import type { BenchSizes } from "../bench_sizes.ts";

/** A model with the data that it is trained on. */
export interface Workload {
  readonly name: string;
  /** What the peers' scripts call the model. */
  readonly peerModel: "simple-mlp" | "large-mlp" | "simple-cnn" | "slim-resnet18";
  readonly batchSize: number;
  /** True where a step takes so long that few of them must do. */
  readonly isSlow: boolean;
  readonly createModel: () => tf.LayersModel;
  readonly loadData: () => Promise<Dataset>;
}

/** SimpleMLP 784-512-10 with dropout 0.5 on MNIST, 128 samples in a minibatch. */
export const SIMPLE_MLP: Workload = {
  name: "SimpleMLP",
  peerModel: "simple-mlp",
  batchSize: 128,
  isSlow: false,
  createModel: () => simpleMLP(),
  loadData: async () => {
    const { trainStream } = await splitMNIST({ experiences: 1 });
    return trainStream.at(0).dataset;
  },
};

/** SimpleMLP with two hidden layers of 2,800 units: 10 million parameters. */
const LARGE_MLP: Workload = {
  ...SIMPLE_MLP,
  name: "MLP of 10 M parameters",
  peerModel: "large-mlp",
  isSlow: true,
  createModel: () => simpleMLP({ hiddenLayers: 2, hiddenSize: 2800 }),
};

/** All workloads: two MLPs on MNIST, and SimpleCNN and SlimResNet18 on made images [32, 32, 3]. */
export function listWorkloads({ imageBatchSize: batchSize }: Pick<BenchSizes, "imageBatchSize">): readonly Workload[] {
  const images = { batchSize, isSlow: true, loadData: async () => makeImages(10 * batchSize) } as const;
  return [
    SIMPLE_MLP,
    LARGE_MLP,
    { ...images, name: "SimpleCNN", peerModel: "simple-cnn", createModel: () => simpleCNN() },
    { ...images, name: "SlimResNet18", peerModel: "slim-resnet18", createModel: () => slimResNet18() },
  ];
}

/** Random images [count, 32, 32, 3] of bytes with class ids below 10. */
export function makeImages(count: number): Dataset {
  const random = new RandomStream(0, "bench-images");
  const sampleShape = [32, 32, 3];
  const x = createSharedUint8(count * 32 * 32 * 3);
  for (let i = 0; i < x.length; i++) x[i] = random.integer(256);
  const y = createSharedInt32(count);
  for (let i = 0; i < y.length; i++) y[i] = random.integer(10);
  const transforms = [{ kind: "scale", factor: 1 / 255, offset: 0 } as const];
  return Dataset.fromSource(createDataSource({ name: "made images", x, y, sampleShape, taskLabel: 0, transforms }));
}
