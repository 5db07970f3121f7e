import { needs, RangeRefusal } from "../core/errors/errors.ts";
import type { Objective } from "./engine.ts";

/**
 * Checks an objective before an engine computes it.
 * @throws {RangeError} If its arrays do not fit n rows of C outputs, or its class mask is not finite or means nothing.
 */
export function assertObjective(objective: Objective, { rows, outputs }: { rows: number; outputs: number }): void {
  const { kind, targets, weights, classMask } = objective;
  assertLength("targets", targets, rows * outputs);
  assertLength("weights", weights, rows);
  if (!classMask) return;
  assertLength("classMask", classMask, outputs);
  if (kind === "mse") throw new RangeRefusal(needs("the objective", "no class mask, as it is of logits", kind));
  // A target of 0 times an infinite logarithm would be NaN.
  const infinite = classMask.find((offset) => !Number.isFinite(offset));
  if (infinite !== undefined) {
    throw new RangeRefusal(needs("the objective", "a class mask of finite numbers (−1000, say)", infinite));
  }
}

function assertLength(name: string, array: Float32Array, length: number): void {
  if (array.length !== length) {
    throw new RangeRefusal(needs("the objective", `${length} values of ${name}`, array.length));
  }
}
