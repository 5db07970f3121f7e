/** What a run's data was: kept in config.json, and compared where the run goes on. */

import { createHash } from "node:crypto";
import { z } from "zod";
import { describeValue, RangeRefusal } from "../../core/errors/errors.ts";
import { findOrCreate } from "../../core/find_or_create.ts";
import { hashBytes } from "../../core/hashing/hash_bytes.ts";
import type { DataSource } from "../../data/data_source.ts";
import { collectSources } from "../../streams/benchmark.ts";
import type { Benchmark } from "../../streams/experience.ts";

/** One data source as a run read it. */
export interface SourceFingerprint {
  readonly samples: number;
  readonly sampleShape: readonly number[];
  /** SHA-256 of the hashes of the samples as they came in and of their targets, in hexadecimal. */
  readonly sha256: string;
}

/** By the sources' names: "train/january", say. */
export type SourceFingerprints = Readonly<Record<string, SourceFingerprint>>;

/** The key of config.json that holds them. */
const SOURCES_KEY = "dataSources";

const fingerprints = z.record(
  z.string(),
  z.strictObject({
    samples: z.int(),
    sampleShape: z.array(z.int()),
    sha256: z.string().regex(/^[0-9a-f]{64}$/),
  }),
);

/** Of arrays that were hashed: nothing is written to them after a source was made, and sources may share them. */
const known = new WeakMap<ArrayBufferView, Uint8Array>();

/**
 * Fingerprints of all that a benchmark's samples come from.
 * @throws {RangeError} If two sources have the same name and are not the same samples.
 */
export function fingerprintSources(benchmark: Benchmark): SourceFingerprints {
  return Object.fromEntries([...collectSources(benchmark)].map(([name, source]) => [name, fingerprint(source)]));
}

/** A run's configuration with fingerprints, as config.json holds it; without where it has such a key of its own. */
export function addFingerprints(config: unknown, sources: SourceFingerprints): unknown {
  const isPlain = typeof config === "object" && config !== null && !Array.isArray(config);
  return isPlain && !(SOURCES_KEY in config) ? { ...config, [SOURCES_KEY]: sources } : config;
}

/** Takes the fingerprints out of what config.json holds: undefined where an older run has none. */
export function splitFingerprints(json: unknown): {
  readonly config: unknown;
  readonly sources: SourceFingerprints | undefined;
} {
  if (typeof json !== "object" || json === null || !(SOURCES_KEY in json)) return { config: json, sources: undefined };
  const { [SOURCES_KEY]: own, ...config } = json;
  const { data } = fingerprints.safeParse(own);
  return data ? { config, sources: data } : { config: json, sources: undefined };
}

/**
 * Compares the sources that a run has read with those of the benchmark that it is to go on with. Sources that came
 * later are no change.
 * @throws {RangeRefusal} If a source that the run has read is gone or holds something else, with every name.
 */
export function assertSameSources(path: string, before: SourceFingerprints, benchmark: Benchmark): void {
  const now = fingerprintSources(benchmark);
  const names = Object.keys(before);
  const changes = names.flatMap((name) =>
    describeChange(before[name], now[name]).map((what) => `${describeValue(name)} ${what}`),
  );
  if (changes.length === 0) return;
  if (names.every((name) => !now[name])) {
    const [own, other] = [describeValue(names), describeValue(benchmark.name)];
    throw new RangeRefusal(`${path}: the benchmark ${other} has none of the data that the run has read: ${own}`);
  }
  const shown = changes.length > 8 ? [...changes.slice(0, 8), `${changes.length - 8} more`] : changes;
  throw new RangeRefusal(
    `${path}: the data has changed since the run read it: ${shown.join("; ")} (acceptChangedData, or --accept-changed-data, goes on with it)`,
  );
}

function describeChange(old: SourceFingerprint | undefined, now: SourceFingerprint | undefined): string[] {
  if (!old) return [];
  if (!now) return ["is gone"];
  if (now.samples !== old.samples) return [`had ${old.samples} samples, now ${now.samples}`];
  if (now.sampleShape.join() !== old.sampleShape.join()) {
    return [`had samples of shape ${describeValue(old.sampleShape)}, now ${describeValue(now.sampleShape)}`];
  }
  return now.sha256 === old.sha256 ? [] : ["has other contents"];
}

/** Of samples that are decoded when they are drawn: by the names and sizes of their files. */
function fingerprint({ x, y, stored, floatTargets, sampleShape }: DataSource): SourceFingerprint {
  const hash = createHash("sha256");
  if (stored) hash.update(stored.digest).update(hashArray(countFromFirst(stored.places)));
  for (const array of [x, y]) hash.update(hashArray(array));
  if (floatTargets) hash.update(`${floatTargets.kind} ${floatTargets.width}`).update(hashArray(floatTargets.data));
  return { samples: y.length, sampleShape, sha256: hash.digest("hex") };
}

function hashArray(array: ArrayBufferView): Uint8Array {
  return findOrCreate(known, array, () => hashBytes(array));
}

/** Places in a store depend on what other folders there are. */
function countFromFirst(places: Int32Array): Int32Array {
  const [first = 0] = places;
  return places.map((place) => place - first);
}
