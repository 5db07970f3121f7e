import { availableParallelism } from "node:os";
import { elementAt } from "../../../src/core/element_at.ts";
import type { BenchContext } from "../bench_context.ts";
import { takeTurns } from "../bench_context.ts";
import type { Comparison } from "../bench_row.ts";
import type { PythonPeer } from "../contestants/find_pythons.ts";
import { openLibraryRun, RUN_SETTINGS } from "../contestants/library_run.ts";
import { findMnistFolder } from "../contestants/mnist_folder.ts";
import { createPythonCommand, describePython, openPeer } from "../contestants/peer_contestant.ts";
import { measureTrainProcess } from "../contestants/train_process.ts";
import type { Contestant } from "../interleave.ts";
import { median } from "../statistics.ts";

/** What the issue of the main job wants of `bun run train`. */
const WANTED_TRAIN_SECONDS = 6;
const WANTED_PEAK_MEGABYTES = 800;

/** Whole SplitMNIST runs: 5 experiences, 1 epoch, evaluation on the test stream after each. */
export async function* runRunSuite(context: BenchContext): AsyncGenerator<Comparison> {
  const cores = availableParallelism();
  yield* compareWithPython(context, cores);
  if (cores > 1) yield* compareWithPython(context, 1);
  yield* compareWithTfjs(context);
  yield* measureCommand(context);
}

/** With as many workers as the peer has threads. */
async function* compareWithPython(context: BenchContext, threads: number): AsyncGenerator<Comparison> {
  const { sizes, pythons } = context;
  if (pythons.length === 0) return;
  if (pythons.every(({ avalanche }) => avalanche === undefined)) {
    context.note(
      "Avalanche (avalanche-lib) is in none of the Pythons: run is compared with plain PyTorch, which is not Avalanche",
    );
  }
  const { examplesPerExperience } = sizes;
  const figures = await takeTurns(context, {
    about: `run, ${threads} threads`,
    open: [
      () => openLibraryRun({ workers: threads, engine: "onnxruntime", examplesPerExperience }),
      ...pythons.flatMap((python) => listPeers(context, python, threads)),
    ],
    repetitions: sizes.longRepetitions,
  });
  const own = elementAt(figures, 0);
  const peers = figures.slice(1);
  const name = describeRun(examplesPerExperience, threads);
  for (const peer of peers) {
    yield { suite: "run", name, unit: "s", ours: own.values, peerName: peer.name, peer: peer.values };
  }
}

function listPeers({ sizes }: BenchContext, python: PythonPeer, threads: number): (() => Promise<Contestant>)[] {
  const examplesPerExperience = sizes.examplesPerExperience ?? null;
  const config = { threads, data: findMnistFolder(), ...RUN_SETTINGS, examplesPerExperience };
  const openWith = (name: string, script: string, more: object) => () =>
    openPeer({
      name,
      command: createPythonCommand(python, script, { ...config, ...more }),
      request: {},
      answer: "seconds",
    });
  const torch = openWith(`${describePython("PyTorch", python, threads)}, a plain loop`, "run_torch.py", {});
  if (python.avalanche === undefined) return [torch];
  const avalanche = describePython("Avalanche", python, threads);
  return [
    openWith(`${avalanche}, its SplitMNIST`, "run_avalanche.py", { inMemory: false }),
    openWith(`${avalanche}, normalised tensors in memory`, "run_avalanche.py", { inMemory: true }),
    torch,
  ];
}

async function* compareWithTfjs(context: BenchContext): AsyncGenerator<Comparison> {
  const { longRepetitions: repetitions, fewExamplesPerExperience: examplesPerExperience } = context.sizes;
  const open = (engine: "onnxruntime" | "tfjs") => () => openLibraryRun({ workers: 1, engine, examplesPerExperience });
  const figures = await takeTurns(context, {
    about: "run against TF.js",
    open: [open("onnxruntime"), open("tfjs")],
    repetitions,
    warmups: 0,
  });
  const [own, peer] = [elementAt(figures, 0), elementAt(figures, 1)];
  const name = describeRun(examplesPerExperience, 1);
  const base = { suite: "run", name, unit: "s" } as const;
  yield { ...base, ours: own.values, peerName: peer.name, peer: peer.values };
}

async function* measureCommand(context: BenchContext): AsyncGenerator<Comparison> {
  const { longRepetitions, examplesPerExperience } = context.sizes;
  const trainSeconds: number[] = [];
  const wallSeconds: number[] = [];
  const peakMegabytes: number[] = [];
  for (let round = 0; round < longRepetitions; round++) {
    context.signal.throwIfAborted();
    context.progress(`run: the command train, round ${round + 1} of ${longRepetitions}`);
    const measured = await measureTrainProcess({ examplesPerExperience });
    trainSeconds.push(measured.trainSeconds);
    wallSeconds.push(measured.wallSeconds);
    if (measured.peakMegabytes !== undefined) peakMegabytes.push(measured.peakMegabytes);
  }
  const wall = median(wallSeconds).toFixed(2);
  context.note(`The command train, from the start of its process to its end, exports included: ${wall} s`);
  const base = { suite: "run", peerName: "wanted at most" } as const;
  const seconds = { ...base, unit: "s", peer: [WANTED_TRAIN_SECONDS] } as const;
  yield { ...seconds, name: "the command train: training time", ours: trainSeconds };
  if (peakMegabytes.length > 0) {
    const peak = { ...base, unit: "MB", peer: [WANTED_PEAK_MEGABYTES] } as const;
    yield { ...peak, name: "the command train: peak memory", ours: peakMegabytes };
  }
}

function describeRun(examplesPerExperience: number | undefined, workers: number): string {
  const amount = examplesPerExperience === undefined ? "" : `, ${examplesPerExperience} examples an experience`;
  return `SplitMNIST${amount}, ${workers} ${workers === 1 ? "worker" : "workers"}`;
}
