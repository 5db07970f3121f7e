import { createSharedInt32 } from "../../core/shared/shared_memory.ts";

/** Nobody has computed a row's features. Above: where they are, from 1 on. */
export const ABSENT = 0;

/** Somebody writes them at the moment, or has died at it. */
export const CLAIMED = -1;

/** Words of `SharedFeatures.counts`. */
export const FeatureWord = {
  /** Places in the segments that were given out. More than there are: some found no room. */
  places: 0,
  /** Rows that were found. */
  found: 1,
  /** Rows that were computed. */
  computed: 2,
} as const;

/** A file that holds features, in the byte order of this machine. */
export interface FeatureFilePlace {
  readonly path: string;
  /** Where row 0 begins, in bytes. */
  readonly start: number;
  /** Where the mark of row 0 stands, in bytes; undefined where the file has all rows and is not written to. */
  readonly marks: number | undefined;
}

/** What is known of the samples of one source. */
export interface FeatureSource {
  readonly sourceId: number;
  /** Where each row's features are [rows]: `ABSENT`, `CLAIMED`, or from 1 on; in a file, always 1. */
  readonly places: Int32Array<SharedArrayBuffer>;
  /** Absent: they lie in the segments. */
  readonly file?: FeatureFilePlace;
}

/**
 * Features of samples that all replicas of a model find and add to: shared memory and plain data, so that it crosses to
 * Workers. A row is written once, by whoever claims it first; the coordinator alone, between commands, forgets rows.
 */
export interface SharedFeatures {
  /** D, the features of a sample. */
  readonly width: number;
  readonly rowsPerSegment: number;
  /** [rowsPerSegment, D] each. */
  readonly segments: readonly Float32Array<SharedArrayBuffer>[];
  /** By `FeatureWord`. */
  readonly counts: Int32Array<SharedArrayBuffer>;
  readonly sources: readonly FeatureSource[];
}

/** Words that count what becomes of rows, zeroed. */
export function createFeatureCounts(): SharedFeatures["counts"] {
  return createSharedInt32(Object.keys(FeatureWord).length);
}
