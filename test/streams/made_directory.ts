import { readSamples } from "../../src/data/read_samples.ts";
import { directoryBenchmark } from "../../src/streams/benchmarks/directory/directory_benchmark.ts";
import type { DirectoryOptions } from "../../src/streams/benchmarks/directory/directory_options.ts";
import type { Benchmark, Experience } from "../../src/streams/experience.ts";
import { makeFolder } from "../support/made_idx.ts";

/** What files hold, by path. */
export type Files = Readonly<Record<string, Uint8Array | string>>;

/** The benchmark of a folder with these files. */
export async function makeDirectory(files: Files, options: Partial<DirectoryOptions> = {}): Promise<Benchmark> {
  return directoryBenchmark({ path: await makeFolder(files), ...options });
}

/** The values and class ids of an experience, one after another. */
export function readExperience({ dataset }: Experience): { readonly x: number[]; readonly y: number[] } {
  return { x: Array.from(readSamples(dataset).data), y: Array.from(dataset.targets) };
}

/** The same files for training and for testing. */
export function twice(files: Files): Files {
  return Object.fromEntries(
    Object.entries(files).flatMap(([name, bytes]) => [
      [`train/${name}`, bytes],
      [`test/${name}`, bytes],
    ]),
  );
}
