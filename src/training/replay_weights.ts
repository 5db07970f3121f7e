import { assertCompatibility, type Compatibility } from "../core/compatibility.ts";
import { assertInRange, cannot, RangeRefusal } from "../core/errors.ts";
import { assertPerExperience, type PerExperience, readPerExperience } from "./per_experience.ts";

/** How much replayed samples count beside new ones. */
export interface ReplayWeightOptions {
  /**
   * r, the share of the loss on new samples, for all experiences or a list with one for each; 1/k in the k-th if left
   * out.
   */
  readonly ratio?: PerExperience;
  /** True: the loss on new samples plus a weight times that on replayed ones; there is no ratio then. */
  readonly isWeightedReplay?: boolean;
  /** The weight with which a weighted replay begins; 0.0001 if left out. */
  readonly weightReplayLoss?: number;
  /** What that weight is multiplied by after each iteration; 1 if left out. */
  readonly weightReplayLossFactor?: number;
  /** "avalanche": the plain mean over new and replayed samples, unless replay is weighted. "paper" if left out. */
  readonly compatibility?: Compatibility;
}

/** How many samples of each kind a minibatch has. */
export interface ReplayCounts {
  readonly fresh: number;
  readonly replayed: number;
}

/** @throws {RangeError} If an option is out of range, or some exclude each other; the message starts with `act`. */
export function assertReplayWeightOptions(act: string, options: ReplayWeightOptions): void {
  const { ratio, isWeightedReplay = false, weightReplayLoss = 1e-4, weightReplayLossFactor = 1 } = options;
  const { compatibility = "paper" } = options;
  assertCompatibility(act, compatibility);
  assertInRange(act, "weightReplayLoss", weightReplayLoss, [0, Number.MAX_VALUE]);
  assertInRange(act, "weightReplayLossFactor", weightReplayLossFactor, [0, Number.MAX_VALUE]);
  if (ratio === undefined) return;
  assertPerExperience(act, "ratio", ratio, [0, 1]);
  if (isWeightedReplay) throw new RangeRefusal(cannot(act, "one of ratio and isWeightedReplay", "both"));
  if (compatibility === "avalanche") {
    throw new RangeRefusal(cannot(act, "no ratio with compatibility avalanche, which has none", ratio));
  }
}

/** The share of new samples in the experience after `past` others: 1 / (past + 1) unless it is given. */
export function readRatio(ratio: PerExperience | undefined, past: number): number {
  return ratio === undefined ? 1 / (past + 1) : readPerExperience(ratio, past);
}

/**
 * What each sample's part [B + n] of a plain mean is multiplied by, new samples first, so that the loss becomes `fresh`
 * times the mean over the new ones plus `replayed` times the mean over the others.
 */
export function weighReplay(
  counts: ReplayCounts,
  shares: { readonly fresh: number; readonly replayed: number },
): Float32Array {
  const total = counts.fresh + counts.replayed;
  const weights = new Float32Array(total).fill((shares.fresh * total) / counts.fresh);
  return weights.fill((shares.replayed * total) / counts.replayed, counts.fresh);
}
