import { join } from "node:path";
import { elementAt } from "../../../src/core/element_at.ts";
import { Naive } from "../../../src/methods/naive/naive.ts";
import { onnxModel } from "../../../src/models/onnx_model.ts";
import { SGD } from "../../../src/optimizers/sgd.ts";
import { createClassIncrementalBenchmark } from "../../../src/streams/benchmarks/class_incremental.ts";
import type { Benchmark } from "../../../src/streams/experience.ts";
import { type BenchContext, takeTurns } from "../bench_context.ts";
import type { Comparison } from "../bench_row.ts";
import type { PythonPeer } from "../contestants/find_pythons.ts";
import { createPythonCommand, describePython, openPeer } from "../contestants/peer_contestant.ts";
import type { Contestant } from "../interleave.ts";
import { makePhotos } from "./made_photos.ts";

/** A small network of timm, in images of less than its 224² so that the comparison takes minutes. */
const NETWORK = { network: "efficientnet_lite0", side: 96 } as const;
const TRAINING = { experiences: 5, epochs: 3, batchSize: 32 } as const;

/**
 * Seconds of training a new classifier on what a frozen network gives, in experiences of two classes each, 1 thread:
 * Firn computes that once a sample, Avalanche in every epoch.
 */
export async function* compareFrozenNetwork(
  context: BenchContext,
  { python, folder }: { readonly python: PythonPeer; readonly folder: string },
): AsyncGenerator<Comparison> {
  const { frozenSamples: samples, longRepetitions: repetitions } = context.sizes;
  const file = join(folder, `${NETWORK.network}.onnx`);
  const config = { threads: 1, ...NETWORK, ...TRAINING, samples, file };
  const openAvalanche = () =>
    openPeer({
      name: describePython("Avalanche", python, 1),
      command: createPythonCommand(python, "frozen_avalanche.py", config),
      request: {},
      answer: "seconds",
    });
  const figures = await takeTurns(context, {
    about: `networks: ${NETWORK.network}, frozen`,
    open: [openAvalanche, async () => openTraining(file, samples)],
    repetitions,
    warmups: 0,
  }).catch((error: unknown) => {
    context.note(`a frozen network is not compared with Avalanche: ${error instanceof Error ? error.message : error}`);
  });
  if (!figures) return;
  const [peer, own] = [elementAt(figures, 0), elementAt(figures, 1)];
  const { network, side } = NETWORK;
  const { experiences, epochs } = TRAINING;
  const name = `${network}, ${side}², frozen with a new classifier: ${samples} samples in ${experiences} experiences, ${epochs} epochs`;
  yield { suite: "networks", name, unit: "s", ours: own.values, peerName: peer.name, peer: peer.values };
}

function openTraining(file: string, samples: number): Contestant {
  const { side } = NETWORK;
  const benchmark = createClassIncrementalBenchmark({
    name: "made photos",
    train: makePhotos(samples, side),
    test: makePhotos(10, side),
    experiences: TRAINING.experiences,
    sampleShape: [side, side, 3],
    normalization: { scale: 1 / 255, mean: [0, 0, 0], std: [1, 1, 1] },
    classOrder: Array.from({ length: 10 }, (_, i) => i),
  });
  return { name: "Firn, 0 workers", measure: () => trainAll(file, benchmark), close: async () => {} };
}

/** Seconds from nothing computed to the last step. */
async function trainAll(file: string, benchmark: Benchmark): Promise<number> {
  const { side } = NETWORK;
  await using strategy = new Naive({
    model: onnxModel({ path: file, trainable: ["none"], numClasses: 10, inputShape: [side, side, 3] }),
    optimizer: new SGD({ learningRate: 0.01, momentum: 0.9 }),
    trainMbSize: TRAINING.batchSize,
    trainEpochs: TRAINING.epochs,
    evaluator: null,
    cluster: { workers: 0, logicalShards: 1 },
  });
  const began = performance.now();
  await strategy.train(benchmark.trainStream);
  return (performance.now() - began) / 1000;
}
