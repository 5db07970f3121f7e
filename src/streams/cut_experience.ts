import { omitUndefined } from "../core/options/omit_undefined.ts";
import type { RandomStream } from "../core/random_stream.ts";
import type { ExperienceData } from "./stream.ts";

/**
 * Cuts an experience into ones of at most `experienceSize` samples, in random order; the last may be shorter. Each
 * stands for the classes of its own samples, and knows by `cutFrom` which one it is a piece of.
 */
export function cutExperience(
  { dataset, name }: ExperienceData,
  {
    index: cutFrom,
    experienceSize,
    random,
  }: {
    /** The experience's number. */
    readonly index: number;
    readonly experienceSize: number;
    readonly random: RandomStream;
  },
): ExperienceData[] {
  const order = random.permutation(dataset.length);
  return Array.from({ length: Math.ceil(order.length / experienceSize) }, (_, index) => ({
    dataset: dataset.subset(order.subarray(index * experienceSize, (index + 1) * experienceSize).sort()),
    cutFrom,
    ...omitUndefined({ name }),
  }));
}
