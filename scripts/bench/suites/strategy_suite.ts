import process from "node:process";
import { createNamed, resolveNamed } from "../../../src/cli/options/named_factory.ts";
import { STRATEGIES } from "../../../src/cli/registries/strategies.ts";
import { elementAt } from "../../../src/core/element_at.ts";
import { describeCause, RangeRefusal } from "../../../src/core/errors/errors.ts";
import { simpleMLP } from "../../../src/models/simple_mlp.ts";
import { SGD } from "../../../src/optimizers/sgd.ts";
import { splitMNIST } from "../../../src/streams/benchmarks/split_mnist.ts";
import { type BenchContext, takeTurns } from "../bench_context.ts";
import type { Comparison } from "../bench_row.ts";
import type { BenchSizes } from "../bench_sizes.ts";
import type { PythonPeer } from "../contestants/find_pythons.ts";
import { findMnistFolder } from "../contestants/mnist_folder.ts";
import { createPythonCommand, describePython, openPeer } from "../contestants/peer_contestant.ts";
import type { Contestant } from "../interleave.ts";

const BATCH_SIZE = 128;
const CLASS_ORDER = [0, 1, 2, 3, 4, 5, 6, 7, 8, 9];
const MEMORY_SIZE = 1000;
/** The baseline of all costs. */
const BASELINE = "naive";

/** Options of strategies that need some, or that are given the same memory as the peer. */
const OPTIONS: Readonly<Record<string, string>> = {
  replay: `memSize=${MEMORY_SIZE}`,
  gem: "patternsPerExperience=256",
  agem: "patternsPerExperience=256",
  gdumb: `memSize=${MEMORY_SIZE}`,
  mir: `memSize=${MEMORY_SIZE}`,
  der: `memSize=${MEMORY_SIZE}`,
  "er-ace": `memSize=${MEMORY_SIZE},batchSizeMem=${BATCH_SIZE}`,
  "er-aml": `memSize=${MEMORY_SIZE},batchSizeMem=${BATCH_SIZE}`,
  "gss-greedy": `memSize=${MEMORY_SIZE}`,
  ewc: "lambda=0.4",
  si: "lambda=0.4",
  mas: "lambda=1",
  lwf: "alpha=1,temperature=2",
  lfl: "lambda=1",
  // There are no adapters: the first layer stands for them.
  lae: "parameters=fc0",
  "pack-net": "postPruneEpochs=0",
};
/** They need so long for a minibatch that a start does not count. */
const SLOW: ReadonlySet<string> = new Set(["mer", "ranpac"]);
/** It trains on the whole stream at once: there is no step to compare. */
const LEFT_OUT: ReadonlySet<string> = new Set(["joint"]);

/**
 * What a minibatch costs with each strategy, its work at the experiences' ends shared out, beside Naive and Avalanche.
 */
export async function* runStrategySuite(context: BenchContext): AsyncGenerator<Comparison> {
  for (const { name } of STRATEGIES.factories) {
    if (!LEFT_OUT.has(name)) yield* compareStrategy(context, name);
  }
}

function countExamples({ strategyExamples, fewStrategyExamples }: BenchSizes, strategy: string): number {
  return SLOW.has(strategy) ? fewStrategyExamples : strategyExamples;
}

async function* compareStrategy(context: BenchContext, name: string): AsyncGenerator<Comparison> {
  const examples = countExamples(context.sizes, name);
  const open = (strategy: string) => () => openStrategy(strategy, { examplesPerExperience: examples });
  const peers = context.pythons.flatMap((python) => listPeers(context, python, name));
  const turns = { about: `strategies: ${name}`, repetitions: context.sizes.longRepetitions };
  const base = { suite: "strategies", name, unit: "ms" } as const;
  let figures: Awaited<ReturnType<typeof takeTurns>>;
  try {
    figures = await takeTurns(context, { ...turns, open: [open(name), open(BASELINE)] });
  } catch (reason) {
    if (context.signal.aborted) throw reason;
    context.note(`${name} is left out: ${describeCause(reason)}`);
    return;
  }
  const [own, naive] = [elementAt(figures, 0), elementAt(figures, 1)];
  const ours = own.values;
  yield { ...base, ours, peerName: naive.name, peer: naive.values };
  for (const peer of peers) {
    try {
      const measured = elementAt(await takeTurns(context, { ...turns, open: [peer] }), 0);
      yield { ...base, ours, peerName: measured.name, peer: measured.values };
    } catch (reason) {
      if (context.signal.aborted) throw reason;
      context.note(`${name} is not compared with Avalanche: ${describeCause(reason)}`);
    }
  }
}

function listPeers({ sizes }: BenchContext, python: PythonPeer, strategy: string): (() => Promise<Contestant>)[] {
  if (python.avalanche === undefined) return [];
  return [() => openAvalanche(python, strategy, { examplesPerExperience: countExamples(sizes, strategy) })];
}

/** How the cost of a minibatch is measured. */
export interface CostOptions {
  readonly examplesPerExperience: number;
  /** The clock on the wall, or the time of processors in all threads. Default: "clock". */
  readonly time?: "clock" | "processor";
  /** Of ours; Avalanche's has one thread. Default: 1. */
  readonly workers?: number;
}

/** Avalanche's strategy of that name, in a process of its own: milliseconds a minibatch as in `openStrategy`. */
export function openAvalanche(
  python: PythonPeer,
  strategy: string,
  { examplesPerExperience, time = "clock" }: CostOptions,
): Promise<Contestant> {
  const command = createPythonCommand(python, "strategy_avalanche.py", {
    threads: 1,
    data: findMnistFolder(),
    classOrder: CLASS_ORDER,
    examplesPerExperience,
    inMemory: true,
    batchSize: BATCH_SIZE,
    memorySize: MEMORY_SIZE,
    strategy,
  });
  const answer = time === "clock" ? "msPerStep" : "processorMsPerStep";
  return openPeer({ name: describePython("Avalanche", python, 1), command, request: {}, answer });
}

/** Trains the first experience, then measures the next two. Everything is new for each measurement. */
export async function openStrategy(
  name: string,
  { examplesPerExperience, time = "clock", workers = 1 }: CostOptions,
): Promise<Contestant> {
  const benchmark = await splitMNIST({
    experiences: 5,
    classOrder: CLASS_ORDER,
    examplesPerExperience,
  });
  const [first, second, third] = benchmark.trainStream;
  if (!first || !second || !third) throw new RangeRefusal("Cannot measure a strategy: the stream is too short");
  const steps = Math.ceil(second.dataset.length / BATCH_SIZE) + Math.ceil(third.dataset.length / BATCH_SIZE);
  const options = OPTIONS[name];
  const resolved = resolveNamed(STRATEGIES, options === undefined ? name : `${name}:${options}`);
  return {
    name: `Firn, ${name}, ${workers} ${workers === 1 ? "worker" : "workers"}`,
    async measure() {
      await using strategy = await createNamed(STRATEGIES, resolved, {
        model: simpleMLP({ numClasses: 10 }),
        optimizer: new SGD({ learningRate: 0.01, momentum: 0.9 }),
        trainMbSize: BATCH_SIZE,
        evaluator: null,
        cluster: { workers, engine: "onnxruntime" },
      });
      await strategy.train(first, { evalStreams: [] });
      const began = readTimeMs(time);
      await strategy.train([second, third], { evalStreams: [] });
      return (readTimeMs(time) - began) / steps;
    },
    close: async () => {},
  };
}

function readTimeMs(time: "clock" | "processor"): number {
  if (time === "clock") return performance.now();
  const { user, system } = process.cpuUsage();
  return (user + system) / 1000;
}
