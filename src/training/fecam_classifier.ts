import { assertInRange } from "../core/errors.ts";
import type { HostTensor } from "../core/host_tensor.ts";
import { parseSavedList, parseSavedNumber, parseSavedRecord, type SavedState } from "../core/saved_state.ts";
import { factorCholesky, invertLower, solveLower } from "../kernels/cholesky.ts";
import type { MahalanobisHead } from "../onnx/prediction_head.ts";
import { type FeatureClassifier, type FeaturesByClass, measureLength, scoreRows } from "./feature_classifier.ts";

/** How features and covariances are prepared. */
export interface FeCAMClassifierOptions {
  /**
   * λ of Tukey's ladder of powers, x to the power of λ with the sign kept; 0.5 if left out, 1 leaves features as they
   * are.
   */
  readonly tukeyLambda?: number;
  /** γ₁, how much of the mean variance is added to every variance; 1 if left out. */
  readonly shrinkDiagonal?: number;
  /** γ₂, how much of the mean covariance is added to every covariance; 1 if left out. */
  readonly shrinkOffDiagonal?: number;
}

/** First and second moments of a class's transformed features. */
interface ClassMoments {
  readonly count: number;
  /** [F] */
  readonly mean: Float64Array;
  /** Σ (x − mean)(x − mean)ᵀ, [F, F]. */
  readonly scatter: Float64Array;
}

/**
 * FeCAM: a class's score is minus the squared Mahalanobis distance of the features from its mean, with a covariance
 * matrix of its own: shrunk, then normalised to correlations. Features pass Tukey's transformation, and distances are
 * between vectors of length 1. Covariances are shrunk once, as the paper writes it.
 * @see Goswami et al. 2023, FeCAM: Exploiting the Heterogeneity of Class Distributions, arXiv:2309.14062
 */
export class FeCAMClassifier implements FeatureClassifier {
  readonly #options: Required<FeCAMClassifierOptions>;
  readonly #classes = new Map<number, ClassMoments>();
  /** The Cholesky factor of each class's correlations, as far as they were needed. */
  readonly #factors = new Map<number, Float64Array>();

  /** @throws {RangeError} If an option is out of range. */
  constructor({ tukeyLambda = 0.5, shrinkDiagonal = 1, shrinkOffDiagonal = 1 }: FeCAMClassifierOptions = {}) {
    const act = "create FeCAMClassifier";
    assertInRange(act, "tukeyLambda", tukeyLambda, [Number.MIN_VALUE, 1]);
    assertInRange(act, "shrinkDiagonal", shrinkDiagonal, [0, Number.MAX_VALUE]);
    assertInRange(act, "shrinkOffDiagonal", shrinkOffDiagonal, [0, Number.MAX_VALUE]);
    this.#options = { tukeyLambda, shrinkDiagonal, shrinkOffDiagonal };
  }

  learn(features: FeaturesByClass): void {
    for (const id of features.keys()) this.#classes.delete(id);
    this.add(features);
  }

  add(features: FeaturesByClass): void {
    for (const [id, { data, shape }] of features) {
      const [count = 0, width = 0] = shape;
      if (count === 0) continue;
      const values = Float64Array.from(data, (value) => this.#transform(value));
      const known = this.#classes.get(id);
      this.#classes.set(id, addMoments(known, { values, count, width }));
      this.#factors.delete(id);
    }
  }

  score(features: HostTensor, width: number): HostTensor {
    const ids = [...this.#classes.keys()];
    const classes = ids.map((id) => {
      const mean = this.#classes.get(id)?.mean ?? new Float64Array(0);
      return { mean: scaleToOne(mean), factor: this.#factorOf(id) };
    });
    return scoreRows(features, { width, ids }, (row, scores) => {
      const values = scaleToOne(Float64Array.from(row, (value) => this.#transform(value)));
      for (const [k, { mean, factor }] of classes.entries()) {
        const difference = values.map((value, i) => value - (mean[i] ?? 0));
        solveLower(factor, difference);
        scores[k] = -difference.reduce((sum, value) => sum + value * value, 0);
      }
    });
  }

  describeHead(layerName: string): MahalanobisHead | undefined {
    if (this.#classes.size === 0) return undefined;
    const means = new Map([...this.#classes].map(([id, { mean }]) => [id, scaleToOne(mean)]));
    const whitenings = new Map([...means].map(([id, { length }]) => [id, invertLower(this.#factorOf(id), length)]));
    return { kind: "mahalanobis", layerName, means, whitenings, tukeyLambda: this.#options.tukeyLambda };
  }

  save(): SavedState {
    return [...this.#classes].map(([id, { count, mean, scatter }]) => ({ id, count, mean, scatter }));
  }

  restore(saved: SavedState): void {
    const act = "restore class covariances";
    this.#classes.clear();
    this.#factors.clear();
    for (const entry of parseSavedList(act, saved)) {
      const { id, count, mean, scatter } = parseSavedRecord(act, entry);
      if (!(mean instanceof Float64Array && scatter instanceof Float64Array)) continue;
      this.#classes.set(parseSavedNumber(act, id), { count: parseSavedNumber(act, count), mean, scatter });
    }
  }

  #transform(value: number): number {
    const { tukeyLambda } = this.#options;
    return tukeyLambda === 1 ? value : Math.sign(value) * Math.abs(value) ** tukeyLambda;
  }

  #factorOf(id: number): Float64Array {
    let factor = this.#factors.get(id);
    if (!factor) {
      const moments = this.#classes.get(id);
      const { shrinkDiagonal, shrinkOffDiagonal } = this.#options;
      const { mean = new Float64Array(0), scatter = new Float64Array(0), count = 1 } = moments ?? {};
      const covariance = scatter.map((value) => value / Math.max(1, count - 1));
      const shrunk = shrinkCovariance(covariance, mean.length, { shrinkDiagonal, shrinkOffDiagonal });
      factor = factorCholesky(toCorrelations(shrunk, mean.length), mean.length);
      this.#factors.set(id, factor);
    }
    return factor;
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

/** The moments of the samples known and of `count` more, [count, width]. */
function addMoments(
  known: ClassMoments | undefined,
  { values, count, width }: { readonly values: Float64Array; readonly count: number; readonly width: number },
): ClassMoments {
  let total = known?.count ?? 0;
  const mean = known ? known.mean.slice() : new Float64Array(width);
  const scatter = known ? known.scatter.slice() : new Float64Array(width * width);
  const before = new Float64Array(width);
  for (let row = 0; row < count; row++) {
    total += 1;
    for (let i = 0; i < width; i++) {
      const value = values[row * width + i] ?? 0;
      before[i] = value - (mean[i] ?? 0);
      mean[i] = (mean[i] ?? 0) + (before[i] ?? 0) / total;
    }
    // Welford: (x − old mean)(x − new mean)ᵀ, where x − new mean is the share (n − 1)/n of x − old mean.
    const share = (total - 1) / total;
    for (let i = 0; i < width; i++) {
      const scaled = share * (before[i] ?? 0);
      if (scaled === 0) continue;
      for (let j = 0, at = i * width; j < width; j++, at++)
        scatter[at] = (scatter[at] ?? 0) + scaled * (before[j] ?? 0);
    }
  }
  return { count: total, mean, scatter };
}

function scaleToOne(vector: Float64Array): Float64Array {
  const length = measureLength(vector);
  return vector.map((value) => value / length);
}
