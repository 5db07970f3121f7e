/** A histogram as TensorBoard stores it. */
export interface Histogram {
  readonly min: number;
  readonly max: number;
  /** Values in all. */
  readonly num: number;
  readonly sum: number;
  readonly sumSquares: number;
  /** Where each bucket ends; it begins where the one before ends. */
  readonly bucketLimits: readonly number[];
  /** Values in each bucket. */
  readonly buckets: readonly number[];
}

/**
 * Sorts values into `bucketCount` buckets of one width, from the smallest to the largest; NaN and infinities are left
 * out.
 */
export function createHistogram(values: Float32Array, bucketCount = 40): Histogram {
  let [min, max, num, sum, sumSquares] = [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY, 0, 0, 0];
  for (const value of values) {
    if (!Number.isFinite(value)) continue;
    min = Math.min(min, value);
    max = Math.max(max, value);
    num += 1;
    sum += value;
    sumSquares += value * value;
  }
  if (num === 0) return { min: 0, max: 0, num, sum, sumSquares, bucketLimits: [0], buckets: [0] };
  const width = (max - min) / bucketCount || 1;
  const buckets = new Float64Array(bucketCount);
  for (const value of values) {
    if (!Number.isFinite(value)) continue;
    const bucket = Math.min(bucketCount - 1, Math.floor((value - min) / width));
    buckets[bucket] = (buckets[bucket] ?? 0) + 1;
  }
  const bucketLimits = Array.from({ length: bucketCount }, (_, i) => min + (i + 1) * width);
  return { min, max, num, sum, sumSquares, bucketLimits, buckets: [...buckets] };
}

/** Counts of whole numbers as a histogram: each has a bucket of its own, from a half below it to a half above. */
export function createCountHistogram(counts: readonly (readonly [number, number])[]): Histogram {
  const first = counts[0]?.[0] ?? 0;
  const last = counts.at(-1)?.[0] ?? first;
  const byNumber = new Map(counts);
  const numbers = Array.from({ length: last - first + 1 }, (_, i) => first + i);
  const total = (weigh: (number: number) => number) =>
    counts.reduce((sum, [number, count]) => sum + weigh(number) * count, 0);
  return {
    min: first,
    max: last,
    num: total(() => 1),
    sum: total((number) => number),
    sumSquares: total((number) => number * number),
    // What lies before the first limit is one bucket in TensorBoard, so an empty one comes first.
    bucketLimits: [first - 0.5, ...numbers.map((number) => number + 0.5)],
    buckets: [0, ...numbers.map((number) => byNumber.get(number) ?? 0)],
  };
}
