import { describeValue, RangeRefusal } from "../../core/errors/errors.ts";

/** How often a checkpoint is made inside an experience. */
export type CheckpointInterval =
  | { readonly kind: "iterations"; readonly iterations: number }
  | { readonly kind: "seconds"; readonly seconds: number };

/** What a run does unless it is told otherwise. */
export const DEFAULT_CHECKPOINT_INTERVAL = "30s";

/**
 * Reads "50" (iterations) or "30s" (seconds).
 * @throws {RangeRefusal} If the text is neither, or the number is 0.
 */
export function parseCheckpointInterval(text: string): CheckpointInterval {
  const [, digits, unit] = /^(\d+(?:\.\d+)?)(s?)$/.exec(text) ?? [];
  const value = Number(digits);
  if (unit === "s" && value > 0) return { kind: "seconds", seconds: value };
  if (unit === "" && Number.isSafeInteger(value) && value > 0) return { kind: "iterations", iterations: value };
  const wanted = 'a number of iterations ("50") or of seconds ("30s")';
  throw new RangeRefusal(`checkpointEvery must be ${wanted}, got ${describeValue(text)}`);
}
