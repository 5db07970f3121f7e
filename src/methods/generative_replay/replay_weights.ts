import { RangeRefusal } from "../../core/errors/errors.ts";
import type { OptionRules } from "../../core/options/assert_options.ts";
import { COMPATIBILITIES, type Compatibility } from "../../core/options/compatibility.ts";
import { flag, number, oneOf } from "../../core/options/value_rules.ts";
import { type PerExperience, perExperience, readPerExperience } from "../shared/per_experience.ts";

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

/** What `ReplayWeightOptions` may be. */
export const REPLAY_WEIGHT_RULES: OptionRules<ReplayWeightOptions> = {
  ratio: perExperience({ atLeast: 0, atMost: 1 }),
  isWeightedReplay: flag(),
  weightReplayLoss: number({ atLeast: 0 }),
  weightReplayLossFactor: number({ atLeast: 0 }),
  compatibility: oneOf(COMPATIBILITIES),
};

/** How many samples of each kind a minibatch has. */
export interface ReplayCounts {
  readonly fresh: number;
  readonly replayed: number;
}

/** @throws {RangeError} If a ratio is given where there is none. */
export function assertReplayWeights(subject: string, options: ReplayWeightOptions): void {
  if (options.ratio === undefined) return;
  if (options.isWeightedReplay) throw new RangeRefusal(`${subject}: ratio and isWeightedReplay exclude each other`);
  if (options.compatibility !== "avalanche") return;
  throw new RangeRefusal(`${subject}: ratio requires compatibility "paper", as Avalanche has none`);
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
