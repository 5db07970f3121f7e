import { valueAt } from "../../core/element_at.ts";
import { type HostTensor, matrixShape } from "../../core/host_tensor.ts";
import { type ResolvedOptions, resolveOptions } from "../../core/options/option_schema.ts";
import { count, declareState, float64Vector, mapById, record, type ValueOf } from "../../core/state/state.ts";
import { factorCholesky, invertLower } from "../../kernels/cholesky.ts";
import { type Matrix, multiplyByTransposed, transpose } from "../../kernels/matrix_product.ts";
import type { HeadForm } from "../../onnx/export/head_form.ts";
import type { MahalanobisHead } from "../../onnx/export/prediction_head.ts";
import {
  type FeatureClassifier,
  type FeaturesByClass,
  measureLength,
  scoreRows,
} from "../shared/classifiers/feature_classifier.ts";
import { FECAM_CLASSIFIER_OPTIONS, type FeCAMClassifierOptions } from "./options.ts";

/** First and second moments of a class's transformed features. */
const CLASS_MOMENTS = record({
  count: count(),
  /** [F] */
  mean: float64Vector(),
  /** Σ (x − mean)(x − mean)ᵀ, [F, F]. */
  scatter: float64Vector(),
});
type ClassMoments = ValueOf<typeof CLASS_MOMENTS>;

/**
 * FeCAM: a class's score is minus the squared Mahalanobis distance of the features from its mean, with a covariance
 * matrix of its own: shrunk, then normalised to correlations. Features pass Tukey's transformation, and distances are
 * between vectors of length 1. Covariances are shrunk once, as the paper writes it.
 * @see Goswami et al. 2023, FeCAM: Exploiting the Heterogeneity of Class Distributions, arXiv:2309.14062
 */
export class FeCAMClassifier implements FeatureClassifier {
  readonly #options: ResolvedOptions<typeof FECAM_CLASSIFIER_OPTIONS>;
  readonly #state = declareState(
    "class covariances",
    { classes: mapById(CLASS_MOMENTS) },
    { restored: () => this.#whitenings.clear() },
  );
  readonly save = this.#state.save;
  readonly restore = this.#state.restore;
  /** L⁻¹ [F, F] of each class's correlations LLᵀ, as far as they were needed. */
  readonly #whitenings = new Map<number, Float64Array>();

  /** @throws {RangeError} If an option is out of range. */
  constructor(given: FeCAMClassifierOptions = {}) {
    this.#options = resolveOptions("FeCAMClassifier", given, FECAM_CLASSIFIER_OPTIONS);
  }

  get classes(): readonly number[] {
    return [...this.#state.classes.keys()];
  }

  learn(features: FeaturesByClass): void {
    for (const id of features.keys()) this.#state.classes.delete(id);
    this.add(features);
  }

  add(features: FeaturesByClass): void {
    for (const [id, { data, shape }] of features) {
      const [count, width] = matrixShape(shape);
      if (count === 0) continue;
      const values = Float64Array.from(data, (value) => this.#transform(value));
      const known = this.#state.classes.get(id);
      this.#state.classes.set(id, addMoments(known, { values, count, width }));
      this.#whitenings.delete(id);
    }
  }

  score(features: HostTensor, width: number): HostTensor {
    const ids = this.classes;
    const unit = this.#scaleRows(features);
    const distances = ids.map((id) => this.#measureDistances(unit, id));
    return scoreRows(features, { width, ids }, (_, scores, row) => {
      for (const [k, ofClass] of distances.entries()) scores[k] = -(ofClass[row] ?? 0);
    });
  }

  describeHead(layerName: string): MahalanobisHead | undefined {
    if (this.#state.classes.size === 0) return undefined;
    const means = new Map([...this.#state.classes].map(([id, { mean }]) => [id, scaleToOne(mean)]));
    const whitenings = new Map([...means].map(([id, { length }]) => [id, this.#whiteningOf(id, length)]));
    return { kind: "mahalanobis", layerName, means, whitenings, tukeyLambda: this.#options.tukeyLambda };
  }

  describeForm(layerName: string): HeadForm {
    return { kind: "mahalanobis", layerName, tukeyLambda: this.#options.tukeyLambda };
  }

  #transform(value: number): number {
    const { tukeyLambda } = this.#options;
    return tukeyLambda === 1 ? value : Math.sign(value) * Math.abs(value) ** tukeyLambda;
  }

  /** Features [N, F] transformed, each row at length 1. */
  #scaleRows({ data, shape }: HostTensor): Matrix {
    const [rows, columns] = matrixShape(shape);
    const values = Float64Array.from(data, (value) => this.#transform(value));
    for (let row = 0; row < rows; row++) {
      const own = values.subarray(row * columns, (row + 1) * columns);
      own.set(scaleToOne(own));
    }
    return { data: values, rows, columns };
  }

  /** Squared distances [N] of rows from a class's mean: |L⁻¹x − L⁻¹μ|². */
  #measureDistances(unit: Matrix, id: number): Float64Array {
    const columns = unit.columns;
    const whitening = { data: this.#whiteningOf(id, columns), rows: columns, columns };
    const mean = { data: scaleToOne(valueAt(this.#state.classes, id).mean), rows: 1, columns };
    const [center, rows] = [multiplyByTransposed(mean, whitening).data, multiplyByTransposed(unit, whitening).data];
    return Float64Array.from({ length: unit.rows }, (_, row) => {
      let sum = 0;
      for (let i = 0, at = row * columns; i < columns; i++, at++) sum += ((rows[at] ?? 0) - (center[i] ?? 0)) ** 2;
      return sum;
    });
  }

  #whiteningOf(id: number, width: number): Float64Array {
    const known = this.#whitenings.get(id);
    if (known) return known;
    const { shrinkDiagonal, shrinkOffDiagonal } = this.#options;
    const { scatter, count } = valueAt(this.#state.classes, id);
    const covariance = scatter.map((value) => value / Math.max(1, count - 1));
    const shrunk = shrinkCovariance(covariance, width, { shrinkDiagonal, shrinkOffDiagonal });
    const whitening = invertLower(factorCholesky(toCorrelations(shrunk, width), width), width);
    this.#whitenings.set(id, whitening);
    return whitening;
  }
}

/** Σ + γ₁V₁I + γ₂V₂(1 − I), with V₁ the mean variance and V₂ the mean covariance of different features, of Σ [n, n]. */
export function shrinkCovariance(
  covariance: Float64Array,
  n: number,
  { shrinkDiagonal, shrinkOffDiagonal }: { readonly shrinkDiagonal: number; readonly shrinkOffDiagonal: number },
): Float64Array {
  let diagonal = 0;
  for (let i = 0; i < n; i++) diagonal += covariance[i * n + i] ?? 0;
  const all = covariance.reduce((sum, value) => sum + value, 0);
  const ownVariance = (shrinkDiagonal * diagonal) / n;
  const shared = n > 1 ? (shrinkOffDiagonal * (all - diagonal)) / (n * (n - 1)) : 0;
  return covariance.map((value, at) => value + (at % (n + 1) === 0 ? ownVariance : shared));
}

/**
 * The correlations of a covariance matrix [n, n]; features without variance are uncorrelated. Safely positive definite.
 */
export function toCorrelations(covariance: Float64Array, n: number): Float64Array {
  const deviations = Float64Array.from({ length: n }, (_, i) => Math.sqrt(covariance[i * n + i] ?? 0));
  return covariance.map((value, at) => {
    const [i, j] = [Math.floor(at / n), at % n];
    if (i === j) return 1 + 1e-6;
    const scale = (deviations[i] ?? 0) * (deviations[j] ?? 0);
    return scale > 0 ? value / scale : 0;
  });
}

/**
 * The moments of the samples known and of `count` more, [count, width]: scatters about means of their own, put
 * together.
 * @see Chan, Golub and LeVeque 1983, Algorithms for Computing the Sample Variance
 */
function addMoments(
  known: ClassMoments | undefined,
  { values, count, width }: { readonly values: Float64Array; readonly count: number; readonly width: number },
): ClassMoments {
  const more = measureMoments(values, count, width);
  if (!known) return more;
  const total = known.count + count;
  const apart = more.mean.map((value, i) => value - (known.mean[i] ?? 0));
  const share = (known.count * count) / total;
  return {
    count: total,
    mean: known.mean.map((value, i) => value + ((apart[i] ?? 0) * count) / total),
    scatter: known.scatter.map((value, at) => {
      const [i, j] = [Math.floor(at / width), at % width];
      return value + (more.scatter[at] ?? 0) + share * (apart[i] ?? 0) * (apart[j] ?? 0);
    }),
  };
}

function measureMoments(values: Float64Array, count: number, width: number): ClassMoments {
  const mean = new Float64Array(width);
  for (let at = 0; at < values.length; at++) mean[at % width] = (mean[at % width] ?? 0) + (values[at] ?? 0) / count;
  const data = values.map((value, at) => value - (mean[at % width] ?? 0));
  const columns = transpose({ data, rows: count, columns: width });
  return { count, mean, scatter: multiplyByTransposed(columns, columns).data };
}

function scaleToOne(vector: Float64Array): Float64Array {
  const length = measureLength(vector);
  return vector.map((value) => value / length);
}
