import type { BaseStrategy } from "../training/loop/base_strategy.ts";

/** A rank that was lost, without which a run went on. */
export interface LostRank {
  /** Its number when the ranks began. */
  readonly rank: number;
  /** How many ranks went on. */
  readonly left: number;
  /** The training iteration that was the run's newest then, from 0. */
  readonly iteration: number;
}

/** The ranks that a strategy loses from now on, behind those that were lost before. */
export function followLostRanks(strategy: BaseStrategy, earlier: readonly LostRank[] = []): readonly LostRank[] {
  const lost = [...earlier];
  strategy.options.cluster.ranks.followLosses(({ rank, left }) => {
    lost.push({ rank, left, iteration: strategy.clock.trainIterations });
  });
  return lost;
}
