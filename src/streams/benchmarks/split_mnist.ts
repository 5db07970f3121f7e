import { assertOptions } from "../../core/options/assert_options.ts";
import type { Benchmark } from "../experience.ts";
import { SPLIT_IMAGE_OPTIONS, type SplitImageOptions } from "./image_options.ts";
import { createFashionMNISTSources, createMNISTSources } from "./mnist_sources.ts";
import { splitImageSources } from "./split_image_sources.ts";

/** What the class-incremental benchmarks on MNIST take. */
export type SplitMNISTOptions = SplitImageOptions;

/**
 * MNIST's ten classes dealt to 5 experiences, or as many as asked for (Zenke et al. 2017, arXiv:1703.04200).
 * @throws {Error} If the data set is not installed. {RangeError} If an option is out of range.
 * @example const benchmark = await splitMNIST({ experiences: 5, seed: 1 });
 */
export async function splitMNIST(options: SplitMNISTOptions = {}): Promise<Benchmark> {
  assertOptions("splitMNIST", options, SPLIT_IMAGE_OPTIONS);
  return splitImageSources("split-mnist", await createMNISTSources(options), { ...options, numClasses: 10 });
}

/**
 * Fashion-MNIST's ten classes dealt to 5 experiences, or as many as asked for.
 * @throws {Error} If the data set is not installed. {RangeError} If an option is out of range.
 */
export async function splitFashionMNIST(options: SplitMNISTOptions = {}): Promise<Benchmark> {
  assertOptions("splitFashionMNIST", options, SPLIT_IMAGE_OPTIONS);
  const sources = await createFashionMNISTSources(options);
  return splitImageSources("split-fashion-mnist", sources, { ...options, numClasses: 10 });
}
