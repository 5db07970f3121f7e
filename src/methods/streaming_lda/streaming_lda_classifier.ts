import { elementAt } from "../../core/element_at.ts";
import { findOrCreate } from "../../core/find_or_create.ts";
import { type HostTensor, matrixShape } from "../../core/host_tensor.ts";
import { resolveOptions } from "../../core/options/option_schema.ts";
import { count, declareState, float64Vector, mapById, number, record, type ValueOf } from "../../core/state/state.ts";
import type { LabelledRows } from "../../data/task_classes.ts";
import { factorCholesky, solveLower, solveUpper } from "../../kernels/cholesky.ts";
import { multiplyByTransposed, transpose } from "../../kernels/matrix_product.ts";
import { type ByTaskHead, joinTaskHeads, type LinearHead, type Plane } from "../../onnx/export/prediction_head.ts";
import { scoreRows } from "../shared/classifiers/feature_classifier.ts";
import { scoreByTask, type TaskRows, type TaskScorer } from "../shared/classifiers/score_by_task.ts";
import { STREAMING_LDA_CLASSIFIER_OPTIONS, type StreamingLDAClassifierOptions } from "./options.ts";

type PlanesByTask = ReadonlyMap<number, ReadonlyMap<number, Plane>>;

const CLASS_MEAN = record({
  count: count(),
  /** [F] */
  mean: float64Vector(),
});
type ClassMean = ValueOf<typeof CLASS_MEAN>;

/**
 * Linear discriminant analysis, learnt one sample at a time: a running mean a class and one covariance Σ for all. With
 * t samples seen and d = x − μ_y, Σ ← (tΣ + t/(t+1) ddᵀ)/(t+1), then μ_y moves. The score of a class is xᵀΛμ − ½ μᵀΛμ
 * with Λ = ((1 − ε)Σ + εI)⁻¹. Σ begins at zero, and a class's first sample sets its mean and says nothing of Σ. A class
 * is its id and its task: tasks may share ids, and a sample is compared with the classes of its own.
 * @see Hayes and Kanan 2020, Lifelong Machine Learning with Deep Streaming Linear Discriminant Analysis,
 * arXiv:1909.01520
 */
export class StreamingLDAClassifier {
  readonly #shrinkage: number;
  readonly #updatesCovariance: boolean;
  /** Λμ [F] of every class, and −½ μᵀΛμ, by task label and class id, until the next sample. */
  #planes: PlanesByTask | undefined;
  readonly #state = declareState(
    "a streaming discriminant analysis",
    {
      /** By task label, by class id. */
      classes: mapById(mapById(CLASS_MEAN)),
      /** Σ / scale, [F, F]: what a sample takes away from all of Σ is taken from the scale. */
      covariance: float64Vector(),
      scale: number(1),
      seen: count(),
    },
    {
      restored: () => {
        this.#planes = undefined;
      },
    },
  );
  readonly save = this.#state.save;
  readonly restore = this.#state.restore;

  /** @throws {RangeError} If the shrinkage is outside (0, 1]. */
  constructor(given: StreamingLDAClassifierOptions = {}) {
    const options = resolveOptions("StreamingLDAClassifier", given, STREAMING_LDA_CLASSIFIER_OPTIONS);
    const { shrinkage, updatesCovariance } = options;
    this.#shrinkage = shrinkage;
    this.#updatesCovariance = updatesCovariance;
  }

  /** Learns from features [N, F] with class ids [N] and task labels [N], in order. */
  learn({ data, shape }: HostTensor, { targets, targetsTaskLabels }: LabelledRows): void {
    const [, width] = matrixShape(shape);
    if (this.#state.covariance.length === 0) this.#state.covariance = new Float64Array(width * width);
    const scatter: Float64Array[] = [];
    for (const [row, id] of targets.entries()) {
      const x = data.subarray(row * width, (row + 1) * width);
      const difference = this.#learnOne(x, { task: elementAt(targetsTaskLabels, row), id });
      if (difference && this.#updatesCovariance) scatter.push(this.#weighScatter(difference));
      this.#state.seen += 1;
    }
    if (scatter.length > 0) this.#addScatter(scatter, width);
    this.#planes = undefined;
  }

  /**
   * Scores [N, width] of features [N, F], as `scoreByTask` says; classes never seen are below all others. The caller
   * owns the result.
   */
  score(features: HostTensor, rows: TaskRows): HostTensor {
    this.#planes ??= this.#findPlanes();
    return scoreByTask(
      features,
      rows,
      new Map([...this.#planes].map(([task, planes]) => [task, createScorer(planes)])),
    );
  }

  /** The same scores for an exported model, of a layer's features; undefined while no class is known. */
  describeHead(layerName: string): LinearHead | ByTaskHead | undefined {
    this.#planes ??= this.#findPlanes();
    // Around the middle of the classes products are small, and lose fewer digits in float32.
    const means = [...this.#state.classes.values()].flatMap((ofTask) => [...ofTask.values()].map(({ mean }) => mean));
    const sumAt = (i: number) => means.reduce((sum, mean) => sum + (mean[i] ?? 0), 0);
    const centre = Float64Array.from({ length: means[0]?.length ?? 0 }, (_, i) => sumAt(i) / means.length);
    const heads = new Map<number, LinearHead>();
    for (const [task, ofTask] of this.#planes) {
      const moved = [...ofTask].map(([id, { normal, offset }]): [number, Plane] => {
        const atCentre = normal.reduce((sum, value, i) => sum + value * (centre[i] ?? 0), offset);
        return [id, { normal, offset: atCentre }];
      });
      heads.set(task, { kind: "linear", layerName, centre, planes: new Map(moved) });
    }
    return joinTaskHeads(heads);
  }

  /** Moves a class's mean. Returns x − μ as it was before, and nothing for a class's first sample. */
  #learnOne(x: Float32Array, { task, id }: { readonly task: number; readonly id: number }): Float64Array | undefined {
    const classes = this.#classesOf(task);
    const known = classes.get(id);
    if (!known) {
      classes.set(id, { count: 1, mean: Float64Array.from(x) });
      return undefined;
    }
    const count = known.count + 1;
    const difference = known.mean.map((value, i) => (x[i] ?? 0) - value);
    const mean = known.mean.map((value, i) => value + (difference[i] ?? 0) / count);
    classes.set(id, { count, mean });
    return difference;
  }

  /** Shrinks Σ by t/(t+1), and makes d in place what d′ is, so that scale · d′d′ᵀ is t/(t+1)² ddᵀ. */
  #weighScatter(d: Float64Array): Float64Array {
    const t = this.#state.seen;
    this.#state.scale *= t / (t + 1);
    const factor = Math.sqrt(t / (t + 1) ** 2 / this.#state.scale);
    for (let i = 0; i < d.length; i++) d[i] = (d[i] ?? 0) * factor;
    return d;
  }

  /** Σ / scale ← Σ / scale + Σ d′d′ᵀ, all of a minibatch's at once. */
  #addScatter(rows: readonly Float64Array[], width: number): void {
    const data = new Float64Array(rows.length * width);
    for (const [i, row] of rows.entries()) data.set(row, i * width);
    const columns = transpose({ data, rows: rows.length, columns: width });
    const sums = multiplyByTransposed(columns, columns).data;
    const { covariance } = this.#state;
    for (let at = 0; at < sums.length; at++) covariance[at] = (covariance[at] ?? 0) + (sums[at] ?? 0);
  }

  #classesOf(task: number): Map<number, ClassMean> {
    return findOrCreate(this.#state.classes, task, () => new Map<number, ClassMean>());
  }

  #findPlanes(): PlanesByTask {
    const { classes, covariance, scale } = this.#state;
    const width = Math.sqrt(covariance.length);
    const shrunk = covariance.map((value, at) => {
      return (1 - this.#shrinkage) * scale * value + (at % (width + 1) === 0 ? this.#shrinkage : 0);
    });
    const lower = classes.size > 0 ? factorCholesky(shrunk, width) : new Float64Array(0);
    const findPlane = ({ mean }: ClassMean): Plane => {
      const normal = mean.slice();
      solveLower(lower, normal);
      solveUpper(lower, normal);
      return { normal, offset: -0.5 * normal.reduce((sum, value, i) => sum + value * (mean[i] ?? 0), 0) };
    };
    const ofTask = (classes: ReadonlyMap<number, ClassMean>) => {
      return new Map([...classes].map(([id, known]) => [id, findPlane(known)]));
    };
    return new Map([...classes].map(([task, own]) => [task, ofTask(own)]));
  }
}

function createScorer(planes: ReadonlyMap<number, Plane>): TaskScorer {
  const classes = [...planes.keys()];
  const all = [...planes.values()];
  return {
    classes,
    score: (features, width) => {
      return scoreRows(features, { width, ids: classes }, (row, scores) => {
        for (const [k, { normal, offset }] of all.entries()) {
          let product = 0;
          for (let i = 0; i < row.length; i++) product += (row[i] ?? 0) * (normal[i] ?? 0);
          scores[k] = product + offset;
        }
      });
    },
  };
}
