import { RangeRefusal } from "../../core/errors/errors.ts";
import type { PerExperience } from "../shared/method_options.ts";
import { readPerExperience } from "../shared/per_experience.ts";
import type { ReplayWeightOptions } from "./options.ts";

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
