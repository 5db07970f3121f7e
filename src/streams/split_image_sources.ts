import { Dataset } from "../data/dataset.ts";
import { createClassIncrementalBenchmark } from "./class_incremental.ts";
import type { Benchmark } from "./experience.ts";
import type { ImageOptions, ImageSources } from "./image_sources.ts";

/** What the class-incremental benchmarks on a data set of images take. */
export interface SplitImageOptions extends ImageOptions {
  /** Every class once; left out: random, from the seed. */
  readonly classOrder?: readonly number[] | undefined;
  /** False: without a class order, classes come in the order 0, 1, 2 … */
  readonly shuffle?: boolean | undefined;
}

/**
 * Deals a data set's classes to 5 experiences, or as many as asked for.
 * @throws {RangeError} If an option is out of range.
 */
export function splitImageSources(
  name: string,
  { train, test, normalization }: ImageSources,
  { experiences = 5, ...options }: SplitImageOptions & { readonly numClasses: number },
): Benchmark {
  return createClassIncrementalBenchmark({
    ...options,
    name,
    experiences,
    train: Dataset.fromSource(train),
    test: Dataset.fromSource(test),
    sampleShape: train.sampleShape,
    normalization,
  });
}
