import { valueAt } from "../../../src/core/element_at.ts";
import { ClassBalancedBuffer } from "../../../src/memory/buffers/class_balanced_buffer.ts";
import { Naive } from "../../../src/methods/naive/naive.ts";
import { ReplayPlugin } from "../../../src/methods/replay/replay_plugin.ts";
import { simpleMLP } from "../../../src/models/simple_mlp.ts";
import { SGD } from "../../../src/optimizers/sgd.ts";
import { splitMNIST } from "../../../src/streams/benchmarks/split_mnist.ts";
import type { Benchmark, Experience } from "../../../src/streams/experience.ts";
import type { BenchSizes } from "../bench_sizes.ts";
import type { Contestant } from "../interleave.ts";
import type { PythonPeer } from "./find_pythons.ts";
import { findMnistFolder } from "./mnist_folder.ts";
import { createPythonCommand, openPeer } from "./peer_contestant.ts";

/** Samples of the present in a step, and of the memory. */
export const ONLINE_BATCH_SIZE = 10;
const CLASS_ORDER = [0, 1, 2, 3, 4, 5, 6, 7, 8, 9];

/** A script that trains the same in Python. */
export interface OnlinePeer {
  readonly name: string;
  readonly python: PythonPeer;
  readonly script: string;
  /** In one measurement. */
  readonly steps: number;
  /** What its configuration has beside the common part. */
  readonly more: object;
}

/** Online replay in Python, in steps per second; each measurement goes on where the one before ended. */
export function openOnlinePeer(
  { memorySize, fillingSteps }: Pick<BenchSizes, "memorySize" | "fillingSteps">,
  { name, python, script, steps, more }: OnlinePeer,
): Promise<Contestant> {
  const config = { data: findMnistFolder(), classOrder: CLASS_ORDER, memorySize, examplesPerExperience: null };
  const command = createPythonCommand(python, script, { ...config, ...more, threads: 1 });
  return openPeer({
    name,
    command,
    preparation: { steps: fillingSteps },
    request: { steps },
    answer: "stepsPerSecond",
  });
}

/** How online replay is trained. */
export interface OnlineOptions {
  readonly workers: number;
  readonly engine: "onnxruntime" | "tfjs";
  /** In one measurement. */
  readonly steps: number;
}

/** Online replay by the library, in steps per second; each measurement goes on where the one before ended. */
export async function openOnline(
  sizes: Pick<BenchSizes, "memorySize" | "fillingSteps">,
  { workers, engine, steps }: OnlineOptions,
): Promise<Contestant> {
  const { memorySize, fillingSteps } = sizes;
  const benchmark = await splitMNIST({
    experiences: 5,
    classOrder: CLASS_ORDER,
    onlineExperienceSize: ONLINE_BATCH_SIZE,
  });
  const storagePolicy = new ClassBalancedBuffer({ maxSize: memorySize });
  const strategy = new Naive({
    model: simpleMLP({ numClasses: 10 }),
    optimizer: new SGD({ learningRate: 0.01, momentum: 0.9 }),
    trainMbSize: ONLINE_BATCH_SIZE,
    plugins: [new ReplayPlugin({ memSize: memorySize, batchSizeMem: ONLINE_BATCH_SIZE, storagePolicy })],
    evaluator: null,
    cluster: { workers, engine },
  });
  const experiences = repeatStream(benchmark);
  const train = async (count: number) => {
    for (let i = 0; i < count; i++) {
      const { value } = experiences.next();
      if (value) await strategy.train(value, { evalStreams: [] });
    }
  };
  await train(fillingSteps);
  return {
    name: `Firn, ${strategy.cluster.engine}, ${workers} ${workers === 1 ? "worker" : "workers"}`,
    async measure() {
      const began = performance.now();
      await train(steps);
      return (1000 * steps) / (performance.now() - began);
    },
    close: () => strategy.close(),
  };
}

/** The stream again and again; one pass is longer than any measurement. */
function* repeatStream({ streams }: Benchmark): Generator<Experience, undefined> {
  for (;;) yield* valueAt(streams, "train_online");
}
