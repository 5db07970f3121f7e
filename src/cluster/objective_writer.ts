import type { Objective } from "../engine/engine.ts";

/** A fused objective: it writes its targets and weights into the memory that it is lent. */
export interface ObjectiveWriter {
  readonly kind: Objective["kind"];
  /** Fills one-hot (or soft) targets [B, C] and the rows' weights [B]. */
  write(targets: Float32Array, weights: Float32Array): void;
}
