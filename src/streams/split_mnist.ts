import { Dataset } from "../data/dataset.ts";
import { createClassIncrementalBenchmark } from "./class_incremental.ts";
import type { Benchmark } from "./experience.ts";
import {
  createFashionMNISTSources,
  createMNISTSources,
  type ImageSources,
  type MNISTOptions,
} from "./mnist_sources.ts";

/** What the class-incremental benchmarks on MNIST take. */
export interface SplitMNISTOptions extends MNISTOptions {
  /** Every class once; left out: random, from the seed. */
  readonly classOrder?: readonly number[] | undefined;
  /** False: without a class order, classes come in the order 0 to 9. */
  readonly shuffle?: boolean | undefined;
}

/**
 * MNIST's ten classes dealt to 5 experiences, or as many as asked for (Zenke et al. 2017, arXiv:1703.04200).
 * @throws {Error} If the data set is not installed. {RangeError} If an option is out of range.
 * @example const benchmark = await splitMNIST({ experiences: 5, seed: 1 });
 */
export async function splitMNIST(options: SplitMNISTOptions = {}): Promise<Benchmark> {
  return splitSources("split-mnist", await createMNISTSources(options), options);
}

/**
 * Fashion-MNIST's ten classes dealt to 5 experiences, or as many as asked for.
 * @throws {Error} If the data set is not installed. {RangeError} If an option is out of range.
 */
export async function splitFashionMNIST(options: SplitMNISTOptions = {}): Promise<Benchmark> {
  return splitSources("split-fashion-mnist", await createFashionMNISTSources(options), options);
}

function splitSources(
  name: string,
  { train, test, normalization }: ImageSources,
  { experiences = 5, ...options }: SplitMNISTOptions,
): Benchmark {
  return createClassIncrementalBenchmark({
    ...options,
    name,
    experiences,
    train: Dataset.fromSource(train),
    test: Dataset.fromSource(test),
    numClasses: 10,
    sampleShape: train.sampleShape,
    normalization,
  });
}
