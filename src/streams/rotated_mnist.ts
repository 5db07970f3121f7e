import { assertWholeNumber, cannot, RangeRefusal } from "../core/errors.ts";
import { RandomStream } from "../core/random_stream.ts";
import { createDomainIncrementalBenchmark } from "./domain_incremental.ts";
import type { Benchmark } from "./experience.ts";
import { createMNISTSources, type MNISTOptions } from "./mnist_sources.ts";

/** What `rotatedMNIST` takes. */
export interface RotatedMNISTOptions extends MNISTOptions {
  /** Whole degrees counter-clockwise in [−180, 180], one an experience; left out: random, from the seed. */
  readonly rotations?: readonly number[] | undefined;
}

/**
 * All of MNIST in every experience, turned by another angle each time. As many experiences as rotations, or 10 at
 * angles from the random stream "rotation".
 * @throws {Error} If the data set is not installed. {RangeError} If an option is out of range.
 */
export async function rotatedMNIST(options: RotatedMNISTOptions = {}): Promise<Benchmark> {
  const rotations = chooseRotations(options);
  const sources = await createMNISTSources(options);
  const domains = rotations.map((degrees, index) => ({
    name: `rotation ${index} by ${degrees} degrees`,
    transforms: [{ kind: "rotate" as const, degrees }],
  }));
  return createDomainIncrementalBenchmark({ ...options, ...sources, name: "rotated-mnist", numClasses: 10, domains });
}

function chooseRotations({ rotations, experiences, seed = 0 }: RotatedMNISTOptions): readonly number[] {
  const act = 'create the benchmark "rotated-mnist"';
  const count = experiences ?? rotations?.length ?? 10;
  assertWholeNumber(act, "experiences", count, 1);
  if (!rotations) {
    const random = new RandomStream(seed, "rotation");
    return Array.from({ length: count }, () => random.integer(361) - 180);
  }
  if (rotations.length !== count) throw new RangeRefusal(cannot(act, `${count} rotations`, rotations));
  const astray = rotations.find((degrees) => !Number.isInteger(degrees) || Math.abs(degrees) > 180);
  if (astray !== undefined) throw new RangeRefusal(cannot(act, "rotations in whole degrees from -180 to 180", astray));
  return rotations;
}
