/**
 * How long replicas wait for images that are decoded when they are drawn: makes a folder of JPEG files once, then
 * trains on it with a cache of a quarter of the images, and with all of them in memory.
 *
 *     bun scripts/bench/profiles/profile_decoding.ts [images, 20000] [size, 224] [workers, 2] [steps, all] [folder]
 */
import { existsSync } from "node:fs";
import { mkdir, rename, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import process from "node:process";
import sharp from "sharp";
import { RandomStream } from "../../../src/core/random_stream.ts";
import { ClockWord, countStoreBytes } from "../../../src/data/store/stored_samples.ts";
import { Naive } from "../../../src/methods/naive/naive.ts";
import { slimResNet18 } from "../../../src/models.ts";
import { SGD } from "../../../src/optimizers/sgd.ts";
import { listSources } from "../../../src/streams/benchmark.ts";
import { directoryBenchmark } from "../../../src/streams/benchmarks/directory/directory_benchmark.ts";

const [count = 20_000, size = 224, workers = 2, mostSteps = Number.POSITIVE_INFINITY] = process.argv
  .slice(2, 6)
  .map(Number);
const folder = process.argv[6] ?? join(tmpdir(), `firn-jpegs-${count}-${size}`);
const CLASSES = 10;
const MINIBATCH = 32;

/** Smooth noise, which JPEG packs about as it packs photographs. */
async function makeJpeg(random: RandomStream): Promise<Uint8Array> {
  const side = 28;
  const noise = Uint8Array.from({ length: side * side * 3 }, () => random.integer(256));
  const raw = { width: side, height: side, channels: 3 } as const;
  return sharp(noise, { raw }).resize(size, size).jpeg({ quality: 85 }).toBuffer();
}

async function makeImages(): Promise<void> {
  if (existsSync(folder)) return;
  const random = new RandomStream(1, "images");
  const made = `${folder}.part`;
  for (let i = 0; i < count; i++) {
    const path = join(made, Math.floor(i / CLASSES) % 10 === 0 ? "test" : "train", `class${i % CLASSES}`);
    await mkdir(path, { recursive: true });
    await writeFile(join(path, `${i}.jpg`), await makeJpeg(random));
  }
  await rename(made, folder);
}

interface Profile {
  readonly secondsAStep: number;
  readonly gatherShare: number;
}

async function profile(cacheBytes: number): Promise<Profile> {
  const opened = performance.now();
  const benchmark = await directoryBenchmark({ path: folder, experiences: 2, cacheBytes });
  const openedMs = performance.now() - opened;
  let [steps, gatherMs] = [0, 0];
  await using strategy = new Naive({
    model: slimResNet18({ inputShape: benchmark.sampleShape, numClasses: CLASSES }),
    optimizer: new SGD({ learningRate: 0.01 }),
    trainMbSize: MINIBATCH,
    evaluator: null,
    cluster: { workers, logicalShards: Math.max(1, workers) },
    plugins: [
      {
        afterTrainingIteration(trained) {
          const { cluster } = trained;
          steps += 1;
          if (steps >= mostSteps) trained.stopTraining();
          gatherMs += Math.max(...cluster.readTimings().map((timings) => timings.gatherMs));
        },
      },
    ],
  });
  const began = performance.now();
  await strategy.train(benchmark.trainStream.at(0));
  const trainedMs = performance.now() - began;
  const stores = new Set([...listSources(benchmark)].flatMap(({ stored }) => stored?.samples ?? []));
  for (const store of stores) {
    const cached = (countStoreBytes(store) / 2 ** 20).toFixed(0);
    console.log(
      `  ${store.clock[ClockWord.decoded]} rows decoded, a cache of ${cached} MiB, ${store.parts.length} decoders`,
    );
  }
  console.log(`  opened in ${(openedMs / 1000).toFixed(1)} s, ${steps} steps in ${(trainedMs / 1000).toFixed(1)} s`);
  console.log(`  resident memory ${(process.memoryUsage().rss / 2 ** 20).toFixed(0)} MiB`);
  return { secondsAStep: trainedMs / 1000 / steps, gatherShare: gatherMs / trainedMs };
}

await makeImages();
const bytes = count * size * size * 3;
console.log(`${count} images of ${size} × ${size}, ${(bytes / 2 ** 20).toFixed(0)} MiB decoded, ${workers} workers`);
console.log("on demand, a cache of a quarter:");
const demand = await profile(Math.floor(bytes / 4));
console.log("all in memory:");
const memory = await profile(2 * bytes);
const waiting = Math.max(0, demand.gatherShare - (memory.gatherShare * memory.secondsAStep) / demand.secondsAStep);
console.log(`a step: ${demand.secondsAStep.toFixed(3)} s on demand, ${memory.secondsAStep.toFixed(3)} s from memory`);
console.log(`replicas wait for images ${(100 * waiting).toFixed(1)} % of the time`);
