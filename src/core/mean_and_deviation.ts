/** What several measurements of one thing come to. */
export interface MeanAndDeviation {
  /** NaN without a value. */
  readonly mean: number;
  /** The standard deviation of a sample, Σ(x − mean)² / (n − 1) under the root; NaN for fewer than two values. */
  readonly deviation: number;
}

/** Sums up measurements. NaN stands for what was not measured and is left out. */
export function measureMeanAndDeviation(measured: readonly number[]): MeanAndDeviation {
  const values = measured.filter((value) => !Number.isNaN(value));
  const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
  if (values.length < 2) return { mean, deviation: Number.NaN };
  const squares = values.reduce((sum, value) => sum + (value - mean) ** 2, 0);
  return { mean, deviation: Math.sqrt(squares / (values.length - 1)) };
}
