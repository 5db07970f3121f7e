import { Naive } from "../../../src/methods/naive/naive.ts";
import { simpleMLP } from "../../../src/models/simple_mlp.ts";
import { Adam } from "../../../src/optimizers/adam.ts";
import { SGD } from "../../../src/optimizers/sgd.ts";
import { splitMNIST } from "../../../src/streams/benchmarks/split_mnist.ts";
import type { Contestant } from "../interleave.ts";
import type { PythonPeer } from "./find_pythons.ts";
import { RUN_SETTINGS } from "./library_run.ts";
import { findMnistFolder } from "./mnist_folder.ts";
import { createPythonCommand, openPeer } from "./peer_contestant.ts";

/** What is trained for some epochs on each experience of SplitMNIST: SimpleMLP, in minibatches of 128. */
export interface EpochsOptions {
  /** SGD with momentum 0.9 and learning rate 0.01, or Adam with its defaults. */
  readonly optimizer: "sgd" | "adam";
  readonly epochs: number;
  readonly examplesPerExperience: number | undefined;
}

/** The library with one worker, in milliseconds a step; each measurement is the next experience. */
export async function openEpochs({ optimizer, epochs, examplesPerExperience }: EpochsOptions): Promise<Contestant> {
  const { batchSize, classOrder } = RUN_SETTINGS;
  const { trainStream } = await splitMNIST({ experiences: 5, classOrder, examplesPerExperience });
  const strategy = new Naive({
    model: simpleMLP({ numClasses: 10 }),
    optimizer: optimizer === "sgd" ? new SGD({ learningRate: 0.01, momentum: 0.9 }) : new Adam(),
    trainMbSize: batchSize,
    trainEpochs: epochs,
    evaluator: null,
    cluster: { workers: 1, engine: "onnxruntime" },
  });
  await strategy.start();
  let next = 0;
  return {
    name: "Firn, onnxruntime, 1 worker",
    async measure() {
      const experience = trainStream.at(next);
      next += 1;
      const before = strategy.clock.trainIterations;
      const began = performance.now();
      await strategy.train(experience, { evalStreams: [] });
      return (performance.now() - began) / (strategy.clock.trainIterations - before);
    },
    close: () => strategy.close(),
  };
}

/** The same in PyTorch with one thread. */
export function openEpochsPeer(
  {
    examplesPerExperience = null,
    ...options
  }: Omit<EpochsOptions, "examplesPerExperience"> & {
    readonly examplesPerExperience?: number | undefined | null;
  },
  { name, python, flushDenormal }: { name: string; python: PythonPeer; flushDenormal: boolean },
): Promise<Contestant> {
  const { batchSize, classOrder } = RUN_SETTINGS;
  const config = { ...options, batchSize, classOrder, examplesPerExperience, flushDenormal, data: findMnistFolder() };
  const command = createPythonCommand(python, "epochs_torch.py", { ...config, threads: 1 });
  return openPeer({ name, command, request: {}, answer: "millisecondsPerStep" });
}
