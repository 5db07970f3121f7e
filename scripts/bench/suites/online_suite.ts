import { elementAt, valueAt } from "../../../src/core/element_at.ts";
import { ClassBalancedBuffer } from "../../../src/memory/buffers/class_balanced_buffer.ts";
import { Naive } from "../../../src/methods/naive/naive.ts";
import { ReplayPlugin } from "../../../src/methods/replay/replay_plugin.ts";
import { simpleMLP } from "../../../src/models/simple_mlp.ts";
import { SGD } from "../../../src/optimizers/sgd.ts";
import { splitMNIST } from "../../../src/streams/benchmarks/split_mnist.ts";
import type { Benchmark, Experience } from "../../../src/streams/experience.ts";
import { type BenchContext, takeTurns } from "../bench_context.ts";
import type { Comparison } from "../bench_row.ts";
import type { PythonPeer } from "../contestants/find_pythons.ts";
import { findMnistFolder } from "../contestants/mnist_folder.ts";
import { createPythonCommand, describePython, openPeer } from "../contestants/peer_contestant.ts";
import type { Contestant } from "../interleave.ts";

/** Samples of the present in a step, and of the memory. */
const BATCH_SIZE = 10;
const CLASS_ORDER = [0, 1, 2, 3, 4, 5, 6, 7, 8, 9];

/** Online replay: experiences of 10 samples, 10 more of a class-balanced memory, one training step each. */
export async function* runOnlineSuite(context: BenchContext): AsyncGenerator<Comparison> {
  const { sizes, pythons } = context;
  const openers = pythons.flatMap((python) => listPeers(context, python));
  if (pythons.length > 0 && pythons.every(({ avalanche }) => avalanche === undefined)) {
    context.note(
      "Avalanche (avalanche-lib) is in none of the Pythons: online is compared with plain PyTorch, which is not Avalanche",
    );
  }
  const open = (workers: number) => () => openOnline(context, { workers, engine: "onnxruntime", steps: sizes.steps });
  const figures = await takeTurns(context, {
    about: "online",
    leadIns: 1,
    open: [open(1), open(0), ...openers],
  });
  const [worker, inline] = [elementAt(figures, 0), elementAt(figures, 1)];
  const peers = figures.slice(2);
  const base = { suite: "online", unit: "steps/s" } as const;
  const title = `replay ${BATCH_SIZE} + ${BATCH_SIZE}, memory ${sizes.memorySize}`;
  for (const peer of peers) {
    yield { ...base, name: `${title}, workers 0`, ours: inline.values, peerName: peer.name, peer: peer.values };
    yield { ...base, name: `${title}, 1 worker`, ours: worker.values, peerName: peer.name, peer: peer.values };
  }
  const engines = await takeTurns(context, {
    about: "online against TF.js",
    leadIns: 1,
    open: (["onnxruntime", "tfjs"] as const).map(
      (engine) => () => openOnline(context, { workers: 1, engine, steps: sizes.fewSteps }),
    ),
    repetitions: sizes.longRepetitions,
  });
  const [own, tfjs] = [elementAt(engines, 0), elementAt(engines, 1)];
  const name = `${title}, 1 worker`;
  yield { ...base, name, ours: own.values, peerName: tfjs.name, peer: tfjs.values };
}

function listPeers({ sizes }: BenchContext, python: PythonPeer): (() => Promise<Contestant>)[] {
  const { memorySize, fillingSteps, steps } = sizes;
  const config = {
    threads: 1,
    data: findMnistFolder(),
    classOrder: CLASS_ORDER,
    memorySize,
    examplesPerExperience: null,
  };
  const openWith = (name: string, script: string, more: object) => () => {
    const command = createPythonCommand(python, script, { ...config, ...more });
    return openPeer({
      name,
      command,
      preparation: { steps: fillingSteps },
      request: { steps },
      answer: "stepsPerSecond",
    });
  };
  const torch = openWith(`${describePython("PyTorch", python, 1)}, a plain loop`, "online_torch.py", {});
  if (python.avalanche === undefined) return [torch];
  const avalanche = describePython("Avalanche", python, 1);
  return [openWith(avalanche, "online_avalanche.py", { inMemory: false }), torch];
}

interface OnlineOptions {
  readonly workers: number;
  readonly engine: "onnxruntime" | "tfjs";
  /** In one measurement. */
  readonly steps: number;
}

async function openOnline({ sizes }: BenchContext, { workers, engine, steps }: OnlineOptions): Promise<Contestant> {
  const { memorySize, fillingSteps } = sizes;
  const benchmark = await splitMNIST({ experiences: 5, classOrder: CLASS_ORDER, onlineExperienceSize: BATCH_SIZE });
  const storagePolicy = new ClassBalancedBuffer({ maxSize: memorySize });
  const strategy = new Naive({
    model: simpleMLP({ numClasses: 10 }),
    optimizer: new SGD({ learningRate: 0.01, momentum: 0.9 }),
    trainMbSize: BATCH_SIZE,
    plugins: [new ReplayPlugin({ memSize: memorySize, batchSizeMem: BATCH_SIZE, storagePolicy })],
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
