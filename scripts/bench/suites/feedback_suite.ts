import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { z } from "zod";
import type { BenchContext } from "../bench_context.ts";
import type { Comparison } from "../bench_row.ts";
import { learnFromFeedback } from "../feedback/feedback_loop.ts";
import { FirnProcess } from "../feedback/firn_process.ts";
import { tellDigits } from "../feedback/told_digits.ts";

const EXPERIENCES = 5;

/** Of both trainings. */
const WORDS = [
  "--strategy=replay:memSize=2000",
  "--model=mlp:hiddenLayers=1,hiddenSize=256,incremental=true",
  "--epochs=2",
  "--batch-size=64",
  "--logical-shards=1",
  "--workers=1",
];

const summarySchema = z.object({ final: z.object({ streamAccuracy: z.number() }) });

/**
 * Accuracy on MNIST after five experiences of two digits: a server that learns from feedback over HTTP alone, beside
 * the same training on split-mnist, which has every sample from the beginning and holds none back. One figure a seed.
 */
export async function* runFeedbackSuite(context: BenchContext): AsyncGenerator<Comparison> {
  const { longRepetitions: seeds } = context.sizes;
  const folder = await mkdtemp(join(tmpdir(), "firn-bench-"));
  try {
    const [ours, peer]: [number[], number[]] = [[], []];
    for (let seed = 0; seed < seeds; seed++) {
      ours.push(await measureLoop(context, { seed, folder }));
      peer.push(await measureOffline(context, { seed, folder }));
    }
    const name = "SplitMNIST learnt from feedback over HTTP, accuracy on all digits";
    yield { suite: "feedback", name, unit: "accuracy", ours, peerName: "train, offline", peer };
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

interface Measured {
  readonly seed: number;
  readonly folder: string;
}

async function measureLoop({ sizes, signal, progress, note }: BenchContext, { seed, folder }: Measured) {
  const rows = sizes.examplesPerExperience;
  const { train, test } = await tellDigits({ experiences: EXPERIENCES, seed, rows });
  const { accuracy, states } = await learnFromFeedback({
    folder: join(folder, `told-${seed}`),
    out: join(folder, `learnt-${seed}`),
    words: [...WORDS, `--seed=${seed}`],
    train,
    test,
    signal,
    progress: (text) => progress(`feedback, seed ${seed}: ${text}`),
  });
  const refused = states.filter((state) => state === "refused").length;
  note(`feedback, seed ${seed}: ${accuracy} over HTTP; the gate refused ${refused} of ${states.length} versions`);
  return accuracy;
}

async function measureOffline({ sizes, signal, progress }: BenchContext, { seed, folder }: Measured) {
  signal.throwIfAborted();
  progress(`feedback, seed ${seed}: training offline`);
  const { examplesPerExperience: rows } = sizes;
  const benchmark = `split-mnist:experiences=${EXPERIENCES}${rows === undefined ? "" : `,examplesPerExperience=${rows}`}`;
  const out = join(folder, `offline-${seed}`);
  const words = [...WORDS, `--seed=${seed}`, `--benchmark=${benchmark}`, `--out=${out}`, "--quiet", "--no-onnx"];
  await using trained = new FirnProcess(["train", ...words]);
  await trained.succeed();
  const { final } = summarySchema.parse(JSON.parse(await readFile(join(out, "summary.json"), "utf8")));
  return final.streamAccuracy;
}
