import { mkdtemp, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describeUnknownName, RangeRefusal } from "../../src/core/errors/errors.ts";
import { RandomStream } from "../../src/core/random_stream.ts";
import { makeIdx } from "../../test/support/made_idx.ts";

/** Small runs of different kinds, as words for the command line: half a second to a second of training each. */
export const MADE_RUNS: Readonly<Record<string, readonly string[]>> = {
  replay: ["--strategy", "replay:memSize=60", "--benchmark", "split-mnist:experiences=3"],
  ewc: ["--strategy", "ewc:lambda=1", "--benchmark", "permuted-mnist:experiences=2,examplesPerExperience=400"],
  online: ["--strategy", "replay:memSize=60", "--benchmark", "split-mnist:experiences=2,onlineExperienceSize=40"],
  "early-stopping": [
    ...["--strategy", "naive", "--plugin", "early-stopping:patience=3", "--epochs", "5"],
    ...["--benchmark", "split-mnist:experiences=2,validationSize=0.2"],
  ],
};

const COMMON = ["--model", "mlp:hiddenSize=64,hiddenLayers=1,dropout=0.2", "--batch-size", "32", "--epochs", "2"];

/** Options of one of the made runs; a checkpoint every 4 iterations, so that many are made. */
export function listWords(kind: string, data: string): string[] {
  const own = MADE_RUNS[kind];
  if (!own) throw new RangeRefusal(describeUnknownName("made run", kind, Object.keys(MADE_RUNS)));
  // An option that comes twice is the later one's.
  const words = [...COMMON, ...own];
  return ["train", "--quiet", "--data", data, "--logical-shards", "2", "--checkpoint-every", "4", ...words];
}

/** A new folder for one harness. */
export function makeHarnessFolder(): Promise<string> {
  return mkdtemp(join(tmpdir(), "firn-faults-"));
}

/** Writes a data set in MNIST's format, of noisy stripes that can be learned, with this many samples of each class. */
export async function writeData(folder: string, perClass: number): Promise<void> {
  const random = new RandomStream(0, "stripes");
  for (const [part, count] of [
    ["train", perClass],
    ["t10k", Math.ceil(perClass / 4)],
  ] as const) {
    const rows = 10 * count;
    const images = new Uint8Array(rows * 784);
    for (let i = 0; i < images.length; i++) {
      const label = Math.floor(i / 784) % 10;
      const stripe = (i % 784) % (label + 2) === 0 ? 160 : 0;
      images[i] = stripe + random.integer(96);
    }
    const labels = Uint8Array.from({ length: rows }, (_, row) => row % 10);
    await writeFile(join(folder, `${part}-images-idx3-ubyte`), makeIdx([rows, 28, 28], images));
    await writeFile(join(folder, `${part}-labels-idx1-ubyte`), makeIdx([rows], labels));
  }
}
