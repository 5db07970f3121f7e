import { RangeRefusal } from "../../core/errors/errors.ts";
import { assertOptions, type OptionRules } from "../../core/options/assert_options.ts";
import { splitOptions } from "../../core/options/split_options.ts";
import { listOf, wholeNumber } from "../../core/options/value_rules.ts";
import { RandomStream } from "../../core/random_stream.ts";
import type { Benchmark } from "../experience.ts";
import { createDomainIncrementalBenchmark, DOMAIN_INCREMENTAL_RULES } from "./domain_incremental.ts";
import { IMAGE_RULES } from "./image_sources.ts";
import { createMNISTSources, type MNISTOptions } from "./mnist_sources.ts";

/** What `rotatedMNIST` takes. */
export interface RotatedMNISTOptions extends MNISTOptions {
  /** Whole degrees counter-clockwise in [−180, 180], one an experience; left out: random, from the seed. */
  readonly rotations?: readonly number[] | undefined;
}

const ROTATED_MNIST_RULES: OptionRules<RotatedMNISTOptions> = {
  rotations: listOf(wholeNumber(-180, 180), 1),
  ...IMAGE_RULES,
};

/**
 * All of MNIST in every experience, turned by another angle each time. As many experiences as rotations, or 10 at
 * angles from the random stream "rotation".
 * @throws {Error} If the data set is not installed. {RangeError} If an option is out of range.
 */
export async function rotatedMNIST(options: RotatedMNISTOptions = {}): Promise<Benchmark> {
  assertOptions("rotatedMNIST", options, ROTATED_MNIST_RULES);
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
