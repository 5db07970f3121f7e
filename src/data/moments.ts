import { RangeRefusal } from "../core/errors/errors.ts";
import { countElements } from "../core/host_tensor.ts";
import type { Dataset } from "./dataset.ts";
import { readSamples } from "./read_samples.ts";

/** Number, mean and spread of the values of C features. */
export interface Moments {
  readonly count: number;
  /** [C] */
  readonly mean: Float64Array;
  /** [C]: the sums of the squared distances from the mean. */
  readonly squares: Float64Array;
}

/** Values that are read at once, or those of one sample where it has more. */
const CHUNK_VALUES = 2 ** 16;

/**
 * The moments of a data set's features, transformed but not augmented. A feature is one place of the samples' last
 * axis; the places of the other axes count as values of it. The caller owns the result.
 * @throws {RangeError} If a value is not finite.
 */
export function measureMoments(dataset: Dataset, features: number): Moments {
  let moments: Moments = { count: 0, mean: new Float64Array(features), squares: new Float64Array(features) };
  const [source] = dataset.dropUnusedSources().sources.values();
  // By the size of the samples alone, so that the same samples always give the same bits.
  const rows = Math.max(1, Math.floor(CHUNK_VALUES / countElements(source?.sampleShape ?? [])));
  for (let start = 0; start < dataset.length; start += rows) {
    const length = Math.min(rows, dataset.length - start);
    const { data } = readSamples(dataset.subset(Array.from({ length }, (_, i) => start + i)));
    moments = mergeMoments(moments, measureValues(data, features));
  }
  const astray = moments.squares.findIndex((value) => !Number.isFinite(value));
  if (astray < 0) return moments;
  throw new RangeRefusal(`${source?.name}: the values of feature ${astray} must be finite to be standardised`);
}

/**
 * The moments of two sets of values together. The caller owns the result.
 * @see Chan, Golub and LeVeque 1979, Updating Formulae and a Pairwise Algorithm for Computing Sample Variances
 */
export function mergeMoments(a: Moments, b: Moments): Moments {
  const count = a.count + b.count;
  if (count === 0) return a;
  const share = b.count / count;
  const mean = a.mean.map((value, i) => value + ((b.mean[i] ?? 0) - value) * share);
  const squares = a.squares.map((value, i) => {
    const distance = (b.mean[i] ?? 0) - (a.mean[i] ?? 0);
    return value + (b.squares[i] ?? 0) + distance * distance * a.count * share;
  });
  return { count, mean, squares };
}

/** In two passes: the squares of values, taken together, lose all digits where the mean is large. */
function measureValues(data: Float32Array, features: number): Moments {
  const count = data.length / features;
  const mean = new Float64Array(features);
  for (let start = 0; start < data.length; start += features) {
    for (let c = 0; c < features; c++) mean[c] = (mean[c] ?? 0) + (data[start + c] ?? 0);
  }
  for (let c = 0; c < features; c++) mean[c] = (mean[c] ?? 0) / count;
  const squares = new Float64Array(features);
  for (let start = 0; start < data.length; start += features) {
    for (let c = 0; c < features; c++) {
      const distance = (data[start + c] ?? 0) - (mean[c] ?? 0);
      squares[c] = (squares[c] ?? 0) + distance * distance;
    }
  }
  return { count, mean, squares };
}
