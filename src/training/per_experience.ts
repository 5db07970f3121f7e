import { elementAt } from "../core/element_at.ts";
import { assertInRange, cannot, RangeRefusal } from "../core/errors.ts";

/** One number for all experiences, or a list with one for each; the list's last holds for all that follow. */
export type PerExperience = number | readonly number[];

/** @throws {RangeError} If a number is out of range, or there is none. */
export function assertPerExperience(
  act: string,
  name: string,
  values: PerExperience,
  range: readonly [number, number],
): void {
  const list = typeof values === "number" ? [values] : values;
  if (list.length === 0) throw new RangeRefusal(cannot(act, `${name} to have at least one number`, values));
  for (const value of list) assertInRange(act, name, value, range);
}

/** The number for the experience after `finished` others. */
export function readPerExperience(values: PerExperience, finished: number): number {
  if (typeof values === "number") return values;
  return elementAt(values, Math.min(finished, values.length - 1));
}
