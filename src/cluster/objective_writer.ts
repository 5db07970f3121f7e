import { describeUnknownName, RangeRefusal } from "../core/errors/errors.ts";
import type { Objective } from "../engine/engine.ts";

/** The kinds of objectives, by the numbers that stand for them in the control block. */
export const OBJECTIVE_KINDS: readonly Objective["kind"][] = [
  "cross-entropy",
  "mse",
  "binary-cross-entropy",
  "focal",
  "binary-focal",
  "huber",
];

/** The number of a kind of objective. @throws {RangeRefusal} If there is none of that name. */
export function numberObjective(kind: Objective["kind"]): number {
  const number = OBJECTIVE_KINDS.indexOf(kind);
  if (number < 0) throw new RangeRefusal(`criterion: ${describeUnknownName("objective kind", kind, OBJECTIVE_KINDS)}`);
  return number;
}

/** A fused objective: it writes its targets and weights into the memory that it is lent. */
export interface ObjectiveWriter {
  readonly kind: Objective["kind"];
  /** γ of the focal losses, δ of huber. */
  readonly constant?: number;
  /** [C], added to each row's logits before the loss; see `Objective`. Copied. */
  readonly classMask?: Float32Array;
  /** Fills one-hot (or soft) targets [B, C] and the rows' weights [B]. */
  write(targets: Float32Array, weights: Float32Array): void;
  /** Fills the weights of elements [B, C], where there are some; see `Objective`. */
  writeElementWeights?(elementWeights: Float32Array): void;
}
