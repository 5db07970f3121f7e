import { elementAt } from "../../core/element_at.ts";
import type { PerExperience } from "./method_options.ts";

/** The number for the experience after `finished` others. */
export function readPerExperience(values: PerExperience, finished: number): number {
  if (typeof values === "number") return values;
  return elementAt(values, Math.min(finished, values.length - 1));
}
