import type { DataSource } from "../data_source.ts";
import type { SampleReferences } from "../sample_index.ts";
import { isNeedless } from "./needless_rows.ts";
import { awaitRow, isRowThere, requestRow } from "./stored_rows.ts";
import { ClockWord, type StoredSamples } from "./stored_samples.ts";

/** The share of the slots that samples may take which nobody has read yet: half of those for rows in passing. */
const ASKED_SHARE = 8;

/** Samples `start` to `end` of these references. */
export interface SampleRange {
  readonly start: number;
  readonly end: number;
}

/**
 * Asks for those samples that are decoded on demand.
 * @returns Undefined where all are there, so that nothing need be waited for; else a promise of that moment, which
 *   leaves the thread free. What cannot be decoded is told when it is read.
 */
export function awaitSamples(
  sources: ReadonlyMap<number, DataSource>,
  { sourceIds, rows }: SampleReferences,
  { start, end }: SampleRange,
): Promise<void> | undefined {
  let missing: [StoredSamples, number][] | undefined;
  for (let i = start; i < end; i++) {
    const stored = sources.get(sourceIds[i] ?? -1)?.stored;
    const place = stored?.places[rows[i] ?? -1];
    if (!stored || place === undefined || isRowThere(stored.samples, place)) continue;
    missing ??= [];
    missing.push([stored.samples, place]);
  }
  return missing && awaitEach(missing);
}

/** Asks for those samples that are decoded on demand, ahead of need. */
export function requestSamples(
  sources: ReadonlyMap<number, DataSource>,
  { sourceIds, rows }: SampleReferences,
  { start, end }: SampleRange,
): void {
  for (let i = start; i < end; i++) {
    const source = sources.get(sourceIds[i] ?? -1);
    const row = rows[i] ?? -1;
    const place = source?.stored?.places[row];
    if (source?.stored && place !== undefined && !isNeedless(source, row)) requestRow(source.stored.samples, place);
  }
}

/** How many samples may be asked for ahead of need, without others that were asked for making room for them. */
export function countAskedAhead(sources: ReadonlyMap<number, DataSource>): number {
  let least = 0;
  for (const { stored } of sources.values()) {
    if (!stored) continue;
    const slots = stored.samples.parts.reduce((sum, { lastRead }) => sum + lastRead.length, 0);
    const most = Math.max(1, Math.floor(slots / ASKED_SHARE));
    least = least === 0 ? most : Math.min(least, most);
  }
  return least;
}

async function awaitEach(missing: readonly (readonly [StoredSamples, number])[]): Promise<void> {
  // A wait for shared memory alone lets Deno's program end.
  const timer = setInterval(() => undefined, 60_000);
  try {
    for (const [samples, place] of missing) await awaitRow(samples, place);
  } finally {
    clearInterval(timer);
  }
}

/** How many samples are gone through before one comes again, by the sources of minibatches. */
const horizons = new WeakMap<ReadonlyMap<number, DataSource>, number>();

/** Says how many samples are gone through before one comes again, so that those stay that will. */
export function setHorizon(sources: ReadonlyMap<number, DataSource>, samples: number): void {
  horizons.set(sources, samples);
  for (const { stored } of sources.values()) {
    if (stored) Atomics.store(stored.samples.clock, ClockWord.horizon, Math.min(samples, 2 ** 29));
  }
}

/** How many samples are gone through before one comes again; undefined where nobody has said it. */
export function findHorizon(sources: ReadonlyMap<number, DataSource>): number | undefined {
  return horizons.get(sources);
}
