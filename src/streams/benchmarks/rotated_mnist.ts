import { RangeRefusal } from "../../core/errors/errors.ts";
import { assertOptions } from "../../core/options/assert_options.ts";
import { splitOptions } from "../../core/options/split_options.ts";
import { RandomStream } from "../../core/random_stream.ts";
import type { Benchmark } from "../experience.ts";
import { createDomainIncrementalBenchmark, DOMAIN_INCREMENTAL_RULES } from "./domain_incremental.ts";
import { ROTATED_MNIST_OPTIONS, type RotatedMNISTOptions } from "./image_options.ts";
import { createMNISTSources } from "./mnist_sources.ts";

/**
 * All of MNIST in every experience, turned by another angle each time. As many experiences as rotations, or 10 at
 * angles from the random stream "rotation".
 * @throws {Error} If the data set is not installed. {RangeError} If an option is out of range.
 */
export async function rotatedMNIST(options: RotatedMNISTOptions = {}): Promise<Benchmark> {
  assertOptions("rotatedMNIST", options, ROTATED_MNIST_OPTIONS);
  const rotations = chooseRotations(options);
  const sources = await createMNISTSources(options);
  const domains = rotations.map((degrees, index) => ({
    name: `rotation ${index} by ${degrees} degrees`,
    transforms: [{ kind: "rotate" as const, degrees }],
  }));
  const known = splitOptions(options, DOMAIN_INCREMENTAL_RULES)[0];
  return createDomainIncrementalBenchmark({ ...known, ...sources, name: "rotated-mnist", numClasses: 10, domains });
}

function chooseRotations({ rotations, experiences, seed = 0 }: RotatedMNISTOptions): readonly number[] {
  const count = experiences ?? rotations?.length ?? 10;
  if (!rotations) {
    const random = new RandomStream(seed, "rotation");
    return Array.from({ length: count }, () => random.integer(361) - 180);
  }
  if (rotations.length !== count) {
    throw new RangeRefusal(`rotatedMNIST: rotations must be ${count} angles, as experiences, got ${rotations.length}`);
  }
  return rotations;
}
