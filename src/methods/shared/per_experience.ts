import { elementAt } from "../../core/element_at.ts";
import type { Bounds } from "../../core/errors/errors.ts";
import { either, listOf, number, type ValueRule } from "../../core/options/value_rules.ts";

/** One number for all experiences, or a list with one for each; the list's last holds for all that follow. */
export type PerExperience = number | readonly number[];

/** One number within bounds, or a list of at least one. */
export function perExperience(bounds: Bounds): ValueRule<PerExperience> {
  return either(number(bounds), listOf(number(bounds), 1));
}

/** The number for the experience after `finished` others. */
export function readPerExperience(values: PerExperience, finished: number): number {
  if (typeof values === "number") return values;
  return elementAt(values, Math.min(finished, values.length - 1));
}
