import { formatBytes } from "../../core/array_limit.ts";

/** What is computed once a sample, and where it is kept. */
export interface FeaturePlan {
  /** The last layer below the first trained one. */
  readonly layerName: string;
  /** Of what it gives for one sample. */
  readonly shape: readonly number[];
  /** Features of one sample. */
  readonly bytesPerSample: number;
  /** The folder of their files, or the most bytes of memory that all replicas take together. */
  readonly place: { readonly folder: string } | { readonly maxBytes: number };
}

/**
 * One line about a plan.
 * @param samples How many samples a run has; 0 where that is not known.
 */
export function describeFeaturePlan({ layerName, shape, bytesPerSample, place }: FeaturePlan, samples = 0): string {
  const each = `${bytesPerSample} bytes a sample`;
  const size = samples > 0 ? `${each}, ${formatBytes(samples * bytesPerSample)} for ${samples} samples` : each;
  const what = `layers up to ${JSON.stringify(layerName)} are frozen and computed once a sample: [${shape.join(", ")}]`;
  const where = "folder" in place ? `in files of ${place.folder}` : `in memory, at most ${formatBytes(place.maxBytes)}`;
  return `${what}, ${size}, ${where}`;
}
