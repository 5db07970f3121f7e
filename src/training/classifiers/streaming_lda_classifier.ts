import { assertInRange } from "../../core/errors.ts";
import type { HostTensor } from "../../core/host_tensor.ts";
import { parseSavedList, parseSavedNumber, parseSavedRecord, type SavedState } from "../../core/saved_state.ts";
import { factorCholesky, solveLower, solveUpper } from "../../kernels/cholesky.ts";
import { multiplyByTransposed, transpose } from "../../kernels/matrix_product.ts";
import type { LinearHead, Plane } from "../../onnx/export/prediction_head.ts";
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
 * Linear discriminant analysis, learnt one sample at a time: a running mean a class and one covariance Σ for all. With
 * t samples seen and d = x − μ_y, Σ ← (tΣ + t/(t+1) ddᵀ)/(t+1), then μ_y moves. The score of a class is xᵀΛμ − ½ μᵀΛμ
 * with Λ = ((1 − ε)Σ + εI)⁻¹. Σ begins at zero, and a class's first sample sets its mean and says nothing of Σ.
 * @see Hayes and Kanan 2020, Lifelong Machine Learning with Deep Streaming Linear Discriminant Analysis,
 * arXiv:1909.01520
 */
export class StreamingLDAClassifier {
  readonly #shrinkage: number;
  readonly #updatesCovariance: boolean;
  readonly #classes = new Map<number, ClassMean>();
  /** Σ / scale, [F, F]: what a sample takes away from all of Σ is taken from the scale. */
  #covariance = new Float64Array(0);
  #scale = 1;
  #seen = 0;
  /** Λμ [F] of every class, and −½ μᵀΛμ, until the next sample. */
  #planes: ReadonlyMap<number, Plane> | undefined;

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
    const scatter: Float64Array[] = [];
    for (const [row, label] of y.entries()) {
      const difference = this.#learnOne(data.subarray(row * width, (row + 1) * width), label);
      if (difference && this.#updatesCovariance) scatter.push(this.#weighScatter(difference));
      this.#seen += 1;
    }
    if (scatter.length > 0) this.#addScatter(scatter, width);
    this.#planes = undefined;
  }

  /** Scores [N, width] of features [N, F]; classes never seen are below all others. The caller owns the result. */
  score(features: HostTensor, width: number): HostTensor {
    this.#planes ??= this.#findPlanes();
    const ids = [...this.#planes.keys()];
    const planes = [...this.#planes.values()];
    return scoreRows(features, { width, ids }, (row, scores) => {
      for (const [k, { normal, offset }] of planes.entries()) {
        let product = 0;
        for (let i = 0; i < row.length; i++) product += (row[i] ?? 0) * (normal[i] ?? 0);
        scores[k] = product + offset;
      }
    });
  }

  /** The same scores for an exported model, of a layer's features; undefined while no class is known. */
  describeHead(layerName: string): LinearHead | undefined {
    if (this.#classes.size === 0) return undefined;
    this.#planes ??= this.#findPlanes();
    // Around the middle of the classes products are small, and lose fewer digits in float32.
    const means = [...this.#classes.values()].map(({ mean }) => mean);
    const sumAt = (i: number) => means.reduce((sum, mean) => sum + (mean[i] ?? 0), 0);
    const centre = Float64Array.from({ length: means[0]?.length ?? 0 }, (_, i) => sumAt(i) / means.length);
    const moved = [...this.#planes].map(([id, { normal, offset }]): [number, Plane] => {
      const atCentre = normal.reduce((sum, value, i) => sum + value * (centre[i] ?? 0), offset);
      return [id, { normal, offset: atCentre }];
    });
    return { kind: "linear", layerName, centre, planes: new Map(moved) };
  }

  save(): SavedState {
    const classes = [...this.#classes].map(([id, { count, mean }]) => ({ id, count, mean }));
    return { classes, covariance: this.#covariance.slice(), scale: this.#scale, seen: this.#seen };
  }

  restore(saved: SavedState): void {
    const act = "restore a streaming discriminant analysis";
    const { classes, covariance, scale, seen } = parseSavedRecord(act, saved);
    this.#classes.clear();
    for (const entry of parseSavedList(act, classes)) {
      const { id, count, mean } = parseSavedRecord(act, entry);
      if (!(mean instanceof Float64Array)) continue;
      this.#classes.set(parseSavedNumber(act, id), { count: parseSavedNumber(act, count), mean: mean.slice() });
    }
    this.#covariance = covariance instanceof Float64Array ? covariance.slice() : new Float64Array(0);
    this.#scale = parseSavedNumber(act, scale);
    this.#seen = parseSavedNumber(act, seen);
    this.#planes = undefined;
  }

  /** Moves a class's mean. Returns x − μ as it was before, and nothing for a class's first sample. */
  #learnOne(x: Float32Array, label: number): Float64Array | undefined {
    const known = this.#classes.get(label);
    if (!known) {
      this.#classes.set(label, { count: 1, mean: Float64Array.from(x) });
      return undefined;
    }
    const count = known.count + 1;
    const difference = known.mean.map((value, i) => (x[i] ?? 0) - value);
    const mean = known.mean.map((value, i) => value + (difference[i] ?? 0) / count);
    this.#classes.set(label, { count, mean });
    return difference;
  }

  /** Shrinks Σ by t/(t+1), and makes d in place what d′ is, so that scale · d′d′ᵀ is t/(t+1)² ddᵀ. */
  #weighScatter(d: Float64Array): Float64Array {
    const t = this.#seen;
    this.#scale *= t / (t + 1);
    const factor = Math.sqrt(t / (t + 1) ** 2 / this.#scale);
    for (let i = 0; i < d.length; i++) d[i] = (d[i] ?? 0) * factor;
    return d;
  }

  /** Σ / scale ← Σ / scale + Σ d′d′ᵀ, all of a minibatch's at once. */
  #addScatter(rows: readonly Float64Array[], width: number): void {
    const data = new Float64Array(rows.length * width);
    for (const [i, row] of rows.entries()) data.set(row, i * width);
    const columns = transpose({ data, rows: rows.length, columns: width });
    const sums = multiplyByTransposed(columns, columns).data;
    for (let at = 0; at < sums.length; at++) this.#covariance[at] = (this.#covariance[at] ?? 0) + (sums[at] ?? 0);
  }

  #findPlanes(): ReadonlyMap<number, Plane> {
    const width = Math.sqrt(this.#covariance.length);
    const shrunk = this.#covariance.map((value, at) => {
      return (1 - this.#shrinkage) * this.#scale * value + (at % (width + 1) === 0 ? this.#shrinkage : 0);
    });
    const lower = this.#classes.size > 0 ? factorCholesky(shrunk, width) : new Float64Array(0);
    const planes = new Map<number, Plane>();
    for (const [id, { mean }] of this.#classes) {
      const normal = mean.slice();
      solveLower(lower, normal);
      solveUpper(lower, normal);
      planes.set(id, { normal, offset: -0.5 * normal.reduce((sum, value, i) => sum + value * (mean[i] ?? 0), 0) });
    }
    return planes;
  }
}
