import { needs, RangeRefusal } from "../../src/core/errors/errors.ts";

/**
 * The middle value; of an even number of them the mean of the two in the middle. @throws {RangeError} If there are
 * none.
 */
export function median(values: readonly number[]): number {
  if (values.length === 0) throw new RangeRefusal(needs("take a median", "at least one value", values.length));
  const sorted = values.toSorted((a, b) => a - b);
  const upper = sorted[sorted.length >> 1] ?? Number.NaN;
  const lower = sorted[(sorted.length - 1) >> 1] ?? Number.NaN;
  return (lower + upper) / 2;
}
