import { BASELINE_RESULTS } from "./baseline_results.ts";
import { PAPER_RESULTS } from "./paper_results.ts";
import type { PublishedResult } from "./published_result.ts";

/** All results that `reproduce` knows: those of continual-learning-baselines first, then those of papers. */
export const PUBLISHED_RESULTS: readonly PublishedResult[] = [...BASELINE_RESULTS, ...PAPER_RESULTS];
