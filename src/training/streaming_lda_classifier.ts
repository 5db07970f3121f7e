import { factorCholesky, solveLower, solveUpper } from "../core/cholesky.ts";
import { assertInRange } from "../core/errors.ts";
import type { HostTensor } from "../core/host_tensor.ts";
import { parseSavedList, parseSavedNumber, parseSavedRecord, type SavedState } from "../core/saved_state.ts";
import { scoreRows } from "./feature_classifier.ts";

/** How the covariance is prepared. */
export interface StreamingLDAClassifierOptions {
  /** ε, the share of the identity in the covariance that is inverted; 0.0001 if left out. */
  readonly shrinkage?: number;
  /** Whether the covariance goes on to be learnt, or only the means; true if left out. */
  readonly updatesCovariance?: boolean;
}

interface ClassMean {
  readonly count: number;
  /** [F] */
  readonly mean: Float64Array;
}

/**
 * Linear discriminant analysis, learnt one sample at a time: a running mean a class and one covariance Σ for all. With t samples
 * seen and d = x − μ_y, Σ ← (tΣ + t/(t+1) ddᵀ)/(t+1), then μ_y moves. The score of a class is xᵀΛμ − ½ μᵀΛμ with
 * Λ = ((1 − ε)Σ + εI)⁻¹. Σ begins at zero, and a class's first sample sets its mean and says nothing of Σ.
 * @see Hayes and Kanan 2020, Lifelong Machine Learning with Deep Streaming Linear Discriminant Analysis, arXiv:1909.01520
 */
export class StreamingLDAClassifier {
  readonly #shrinkage: number;
  readonly #updatesCovariance: boolean;
  readonly #classes = new Map<number, ClassMean>();
  /** Σ, [F, F]. */
  #covariance = new Float64Array(0);
  #seen = 0;
  /** Λμ [F] of every class, and ½ μᵀΛμ, until the next sample. */
  #planes:
    | { readonly ids: readonly number[]; readonly normals: Float64Array[]; readonly offsets: number[] }
    | undefined;

  /** @throws {RangeError} If the shrinkage is outside (0, 1]. */
  constructor({ shrinkage = 1e-4, updatesCovariance = true }: StreamingLDAClassifierOptions = {}) {
    assertInRange("create StreamingLDAClassifier", "shrinkage", shrinkage, [Number.MIN_VALUE, 1]);
    this.#shrinkage = shrinkage;
    this.#updatesCovariance = updatesCovariance;
  }

  /** Learns from features [N, F] with class ids [N], in order. */
  learn({ data, shape }: HostTensor, y: Int32Array): void {
    const [, width = 0] = shape;
    if (this.#covariance.length === 0) this.#covariance = new Float64Array(width * width);
    for (const [row, label] of y.entries()) this.#learnOne(data.subarray(row * width, (row + 1) * width), label);
    this.#planes = undefined;
  }

  /** Scores [N, width] of features [N, F]; classes never seen are below all others. The caller owns the result. */
  score(features: HostTensor, width: number): HostTensor {
    this.#planes ??= this.#findPlanes();
    const { ids, normals, offsets } = this.#planes;
    return scoreRows(features, { width, ids }, (row, scores) => {
      for (const [k, normal] of normals.entries()) {
        let product = 0;
        for (let i = 0; i < row.length; i++) product += (row[i] ?? 0) * (normal[i] ?? 0);
        scores[k] = product - (offsets[k] ?? 0);
      }
    });
  }

  save(): SavedState {
    const classes = [...this.#classes].map(([id, { count, mean }]) => ({ id, count, mean }));
    return { classes, covariance: this.#covariance.slice(), seen: this.#seen };
  }

  restore(saved: SavedState): void {
    const act = "restore a streaming discriminant analysis";
    const { classes, covariance, seen } = parseSavedRecord(act, saved);
    this.#classes.clear();
    for (const entry of parseSavedList(act, classes)) {
      const { id, count, mean } = parseSavedRecord(act, entry);
      if (!(mean instanceof Float64Array)) continue;
      this.#classes.set(parseSavedNumber(act, id), { count: parseSavedNumber(act, count), mean: mean.slice() });
    }
    this.#covariance = covariance instanceof Float64Array ? covariance.slice() : new Float64Array(0);
    this.#seen = parseSavedNumber(act, seen);
    this.#planes = undefined;
  }

  #learnOne(x: Float32Array, label: number): void {
    const known = this.#classes.get(label);
    const mean = known ? known.mean.slice() : Float64Array.from(x);
    const count = (known?.count ?? 0) + 1;
    if (known) {
      const difference = mean.map((value, i) => (x[i] ?? 0) - value);
      if (this.#updatesCovariance) this.#addScatter(difference);
      for (let i = 0; i < mean.length; i++) mean[i] = (mean[i] ?? 0) + (difference[i] ?? 0) / count;
    }
    this.#classes.set(label, { count, mean });
    this.#seen += 1;
  }

  #addScatter(d: Float64Array): void {
    const t = this.#seen;
    const [kept, share] = [t / (t + 1), t / (t + 1) ** 2];
    for (let i = 0, at = 0; i < d.length; i++) {
      const scaled = share * (d[i] ?? 0);
      for (let j = 0; j < d.length; j++, at++) {
        this.#covariance[at] = kept * (this.#covariance[at] ?? 0) + scaled * (d[j] ?? 0);
      }
    }
  }

  #findPlanes() {
    const ids = [...this.#classes.keys()];
    const width = Math.sqrt(this.#covariance.length);
    const shrunk = this.#covariance.map((value, at) => {
      return (1 - this.#shrinkage) * value + (at % (width + 1) === 0 ? this.#shrinkage : 0);
    });
    const lower = ids.length > 0 ? factorCholesky(shrunk, width) : new Float64Array(0);
    const normals: Float64Array[] = [];
    const offsets: number[] = [];
    for (const { mean } of this.#classes.values()) {
      const normal = mean.slice();
      solveLower(lower, normal);
      solveUpper(lower, normal);
      normals.push(normal);
      offsets.push(0.5 * normal.reduce((sum, value, i) => sum + value * (mean[i] ?? 0), 0));
    }
    return { ids, normals, offsets };
  }
}
