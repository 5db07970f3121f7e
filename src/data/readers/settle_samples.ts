import { findMaxArrayBytes } from "../../core/array_limit.ts";
import type { LabelledSamples, PendingSamples } from "./labelled_samples.ts";

/** The most bytes of samples that are in memory unless an option says it: 4 GiB, or half of the memory if less. */
export function findDefaultCacheBytes(): number {
  return findMaxArrayBytes();
}

/**
 * Reads pending samples: all of them where they fit below the bound together, else none.
 * @throws {RefusalError} If a file is broken; the message names it.
 */
export async function settleSamples(
  samples: readonly (LabelledSamples | PendingSamples)[],
  cacheBytes = findDefaultCacheBytes(),
): Promise<LabelledSamples[]> {
  const total = samples.reduce((sum, part) => sum + (isPending(part) ? part.bytes : 0), 0);
  const settled: LabelledSamples[] = [];
  // One after another: a folder may be large.
  for (const part of samples) {
    settled.push(isPending(part) ? await (total <= cacheBytes ? part.load() : part.locate()) : part);
  }
  return settled;
}

function isPending(samples: LabelledSamples | PendingSamples): samples is PendingSamples {
  return "locate" in samples;
}
