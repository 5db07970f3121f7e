import { cannot } from "../core/errors.ts";
import type { RandomStream } from "../core/random_stream.ts";
import type { Dataset } from "../data/dataset.ts";
import { groupPositions } from "../data/group_positions.ts";

/**
 * Takes the share `validationSize` of every class, drawn at random and rounded to whole samples, for validation. Both
 * halves keep the order of the data set.
 */
export function splitValidation(
  dataset: Dataset,
  { validationSize, random }: { readonly validationSize: number; readonly random: RandomStream },
): { readonly train: Dataset; readonly valid: Dataset } {
  const held = new Uint8Array(dataset.length);
  for (const positions of groupPositions(dataset.targets).values()) {
    const count = Math.round(positions.length * validationSize);
    for (const position of random.shuffle(positions).subarray(positions.length - count)) held[position] = 1;
  }
  const order = Int32Array.from({ length: dataset.length }, (_, position) => position);
  return {
    train: dataset.subset(order.filter((position) => held[position] === 0)),
    valid: dataset.subset(order.filter((position) => held[position] === 1)),
  };
}

/**
 * Draws `count` samples at random; they keep the order of the data set.
 * @throws {RangeError} If there are fewer; the message starts with `act`.
 */
export function drawExamples(
  dataset: Dataset,
  { count, random, act }: { readonly count: number; readonly random: RandomStream; readonly act: string },
): Dataset {
  if (!Number.isInteger(count) || count < 1 || count > dataset.length) {
    throw new RangeError(cannot(act, `examplesPerExperience to be a whole number from 1 to ${dataset.length}`, count));
  }
  return dataset.subset(random.permutation(dataset.length).subarray(0, count).sort());
}
