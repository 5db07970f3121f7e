import { elementAt } from "../../core/element_at.ts";
import type { RandomStream } from "../../core/random_stream.ts";

/** Where the samples to choose from are, and which may stand against which. */
export interface ContrastCandidates {
  /** Whether this candidate is of the row's class and may be drawn for it. */
  readonly isPositive: (row: number, candidate: number) => boolean;
  /** Whether this candidate is of another class and may be drawn against the row. */
  readonly isNegative: (row: number, candidate: number) => boolean;
  /** How many there are. */
  readonly count: number;
}

/** For each anchor, one candidate of its class and one of another; equally long. */
export interface ContrastPairs {
  /** Rows that have both. */
  readonly anchors: readonly number[];
  /** Candidates. */
  readonly positives: readonly number[];
  readonly negatives: readonly number[];
}

/** Draws a positive, then a negative, for each of the first `rows` rows; rows that lack either are left out. */
export function drawContrastPairs(rows: number, candidates: ContrastCandidates, random: RandomStream): ContrastPairs {
  const pairs: Record<keyof ContrastPairs, number[]> = { anchors: [], positives: [], negatives: [] };
  for (let row = 0; row < rows; row++) {
    const positives: number[] = [];
    const negatives: number[] = [];
    for (let candidate = 0; candidate < candidates.count; candidate++) {
      if (candidates.isPositive(row, candidate)) positives.push(candidate);
      else if (candidates.isNegative(row, candidate)) negatives.push(candidate);
    }
    if (positives.length === 0 || negatives.length === 0) continue;
    pairs.anchors.push(row);
    pairs.positives.push(elementAt(positives, random.integer(positives.length)));
    pairs.negatives.push(elementAt(negatives, random.integer(negatives.length)));
  }
  return pairs;
}
