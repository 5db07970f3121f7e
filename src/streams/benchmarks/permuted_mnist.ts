import { countElements } from "../../core/host_tensor.ts";
import { assertOptions } from "../../core/options/assert_options.ts";
import { splitOptions } from "../../core/options/split_options.ts";
import { RandomStream } from "../../core/random_stream.ts";
import { copyToSharedInt32 } from "../../core/shared/shared_memory.ts";
import type { Benchmark } from "../experience.ts";
import { createDomainIncrementalBenchmark, DOMAIN_INCREMENTAL_RULES } from "./domain_incremental.ts";
import { IMAGE_OPTIONS } from "./image_options.ts";
import { createMNISTSources, type MNISTOptions } from "./mnist_sources.ts";

/**
 * All of MNIST in every one of 10 experiences, or as many as asked for, its raw pixels in another random order each
 * time, the first included (Goodfellow et al. 2013, arXiv:1312.6211). The orders come from the random stream
 * "permutation", one after another, so the first experiences do not depend on how many follow.
 * @throws {Error} If the data set is not installed. {RangeError} If an option is out of range.
 */
export async function permutedMNIST(options: MNISTOptions = {}): Promise<Benchmark> {
  assertOptions("permutedMNIST", options, IMAGE_OPTIONS);
  const { experiences = 10, seed = 0 } = options;
  const sources = await createMNISTSources(options);
  const random = new RandomStream(seed, "permutation");
  const pixels = countElements(sources.train.sampleShape);
  const domains = Array.from({ length: experiences }, (_, index) => ({
    name: `permutation ${index}`,
    transforms: [{ kind: "permute" as const, order: copyToSharedInt32(random.permutation(pixels)) }],
  }));
  const known = splitOptions(options, DOMAIN_INCREMENTAL_RULES)[0];
  return createDomainIncrementalBenchmark({ ...known, ...sources, name: "permuted-mnist", numClasses: 10, domains });
}
