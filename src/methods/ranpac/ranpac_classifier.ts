import { elementAt, valueAt } from "../../core/element_at.ts";
import { findOrCreate } from "../../core/find_or_create.ts";
import { type HostTensor, matrixShape } from "../../core/host_tensor.ts";
import { resolveOptions } from "../../core/options/option_schema.ts";
import type { RandomStream } from "../../core/random_stream.ts";
import { count, declareState, float64Vector, int32Vector, mapById, number, vector } from "../../core/state/state.ts";
import type { LabelledRows } from "../../data/task_classes.ts";
import { type Matrix, multiplyByTransposed, transpose } from "../../kernels/matrix_product.ts";
import { PositiveSolver } from "../../kernels/positive_solver.ts";
import { type ByTaskHead, joinTaskHeads, type RandomFeaturesHead } from "../../onnx/export/prediction_head.ts";
import { scoreRows } from "../shared/classifiers/feature_classifier.ts";
import { scoreByTask, type TaskRows, type TaskScorer } from "../shared/classifiers/score_by_task.ts";
import { RANPAC_CLASSIFIER_OPTIONS, type RanPACClassifierOptions } from "./options.ts";
import { RandomFeatures } from "./random_features.ts";

/** Rows of G that a product makes at a time. */
const GRAM_ROWS = 256;

/** Every fifth sample of an experience waits until λ is chosen. */
const HELD_EVERY = 5;
const RIDGES = Array.from({ length: 17 }, (_, i) => 10 ** (i - 8));

/** w [M] of each class, by task label and class id. */
type WeightsByTask = ReadonlyMap<number, ReadonlyMap<number, Float64Array>>;

/**
 * Ridge regression from random features φ(x) = max(0, xP) to the classes: W = (G + λI)⁻¹C with G = Σ φφᵀ [M, M] and
 * C = Σ φyᵀ [M, K] over all samples seen, so that the order of experiences does not matter. Where λ is not given, it is
 * chosen at the end of an experience: the one among 10⁻⁸ … 10⁸ with the least squared error on every fifth sample,
 * which are learnt then, too. A class is its id and its task: tasks may share ids.
 * @see McDonnell et al. 2023, RanPAC: Random Projections and Pre-trained Models for Continual Learning,
 * arXiv:2307.02251
 */
export class RanPACClassifier {
  readonly #features: RandomFeatures;
  readonly #ridge: number | undefined;
  #weights: WeightsByTask | undefined;
  readonly #state = declareState(
    "a ridge regression on random features",
    {
      /** G [M, M]. */
      gram: float64Vector(),
      /** The columns of C [M], by task label, by class id. */
      sums: mapById(mapById(float64Vector())),
      /** λ */
      ridge: number(1),
      /** F, once a sample was seen. */
      width: count(),
      /** Samples of the current experience, the held ones included. */
      seen: count(),
      /** Features [n, F] of the held ones, and their class ids and task labels [n]. */
      held: vector(),
      heldTargets: int32Vector(),
      heldTasks: int32Vector(),
    },
    {
      restored: () => {
        this.#weights = undefined;
      },
    },
  );
  readonly save = this.#state.save;
  readonly restore = this.#state.restore;

  /**
   * @param drawStream Gives the stream of the projection at its beginning.
   * @throws {RangeError} If an option is out of range.
   */
  constructor(given: RanPACClassifierOptions, drawStream: () => RandomStream) {
    const { projectionSize, ridge } = resolveOptions("RanPACClassifier", given, RANPAC_CLASSIFIER_OPTIONS);
    this.#features = new RandomFeatures(projectionSize, drawStream);
    this.#ridge = ridge;
  }

  /** λ as it is now. */
  get ridge(): number {
    return this.#ridge ?? this.#state.ridge;
  }

  /** Learns from features [N, F] with class ids [N] and task labels [N]. */
  learn(features: HostTensor, labels: LabelledRows): void {
    const [rows, width] = matrixShape(features.shape);
    const isHeld = (row: number) =>
      this.#ridge === undefined && (this.#state.seen + row) % HELD_EVERY === HELD_EVERY - 1;
    const all = [...Array(rows).keys()];
    const held = all.filter(isHeld);
    this.#hold(takeRows(features, held), labels, held);
    const now = all.filter((row) => !isHeld(row));
    this.#add(takeRows(features, now), takeLabels(labels, now));
    this.#state.seen += rows;
    this.#state.width = width;
    this.#weights = undefined;
  }

  /** At the end of an experience: chooses λ and learns the samples that were held for it. */
  finishExperience(): void {
    const { held, heldTargets, heldTasks } = this.#state;
    const rows = heldTargets.length;
    if (rows > 0) {
      const features = { data: held, shape: [rows, held.length / rows] };
      const labels = { targets: heldTargets, targetsTaskLabels: heldTasks };
      this.#state.ridge = this.#chooseRidge(features, labels);
      this.#add(features, labels);
    }
    this.#state.held = new Float32Array(0);
    this.#state.heldTargets = new Int32Array(0);
    this.#state.heldTasks = new Int32Array(0);
    this.#state.seen = 0;
    this.#weights = undefined;
  }

  /**
   * Scores [N, width] of features [N, F], as `scoreByTask` says; classes never seen are below all others. The caller
   * owns the result.
   */
  score(features: HostTensor, rows: TaskRows): HostTensor {
    this.#weights ??= this.#solveOnce();
    const scorers = new Map([...this.#weights].map(([task, weights]) => [task, this.#createScorer(weights)]));
    return scoreByTask(features, rows, scorers);
  }

  /** The same scores for an exported model, of a layer's features; undefined while no class is known. */
  describeHead(layerName: string): RandomFeaturesHead | ByTaskHead | undefined {
    this.#weights ??= this.#solveOnce();
    const projection = this.#features.projection(this.#state.width);
    const heads = [...this.#weights].map(([task, weights]): [number, RandomFeaturesHead] => [
      task,
      { kind: "randomFeatures", layerName, projection, weights },
    ]);
    return joinTaskHeads(new Map(heads));
  }

  #hold({ data }: HostTensor, { targets, targetsTaskLabels }: LabelledRows, rows: readonly number[]): void {
    if (rows.length === 0) return;
    const append = (known: Int32Array, more: Int32Array) =>
      Int32Array.from([...known, ...rows.map((row) => elementAt(more, row))]);
    const held = new Float32Array(this.#state.held.length + data.length);
    held.set(this.#state.held);
    held.set(data, this.#state.held.length);
    this.#state.held = held;
    this.#state.heldTargets = append(this.#state.heldTargets, targets);
    this.#state.heldTasks = append(this.#state.heldTasks, targetsTaskLabels);
  }

  #add(features: HostTensor, { targets, targetsTaskLabels }: LabelledRows): void {
    const { size } = this.#features;
    if (this.#state.gram.length === 0) this.#state.gram = new Float64Array(size * size);
    for (const { start, features: part } of this.#features.project(features)) {
      addSquare(this.#state.gram, transpose(part));
      for (let row = 0; row < part.rows; row++) {
        const sums = this.#sumsOf(elementAt(targetsTaskLabels, start + row), elementAt(targets, start + row));
        for (let i = 0, at = row * size; i < size; i++, at++) sums[i] = (sums[i] ?? 0) + (part.data[at] ?? 0);
      }
    }
  }

  #sumsOf(task: number, id: number): Float64Array {
    const ofTask = findOrCreate(this.#state.sums, task, () => new Map<number, Float64Array>());
    return findOrCreate(ofTask, id, () => new Float64Array(this.#features.size));
  }

  #chooseRidge(features: HostTensor, labels: LabelledRows): number {
    const projected = [...this.#features.project(features)];
    using solver = new PositiveSolver(this.#features.size);
    let best = { ridge: this.#state.ridge, error: Number.POSITIVE_INFINITY };
    for (const ridge of RIDGES) {
      const error = this.#measureError(projected, labels, this.#trySolve(solver, ridge));
      if (error < best.error) best = { ridge, error };
    }
    return best.ridge;
  }

  /** Σ (φᵀw − y)² over rows and classes; infinite where G + λI cannot be inverted. */
  #measureError(
    projected: readonly { readonly start: number; readonly features: Matrix }[],
    { targets, targetsTaskLabels }: LabelledRows,
    solved: WeightsByTask | undefined,
  ): number {
    if (!solved) return Number.POSITIVE_INFINITY;
    const columns = [...solved].flatMap(([task, weights]) =>
      [...weights].map(([id, vector]) => ({ task, id, vector })),
    );
    const weights = stackRows(
      columns.map(({ vector }) => vector),
      this.#features.size,
    );
    let error = 0;
    for (const { start, features } of projected) {
      const scores = multiplyByTransposed(features, weights).data;
      for (let row = 0; row < features.rows; row++) {
        for (const [k, { task, id }] of columns.entries()) {
          const isOwn = targets[start + row] === id && targetsTaskLabels[start + row] === task;
          error += ((scores[row * columns.length + k] ?? 0) - (isOwn ? 1 : 0)) ** 2;
        }
      }
    }
    return error;
  }

  #trySolve(solver: PositiveSolver, ridge: number): WeightsByTask | undefined {
    try {
      return this.#solve(solver, ridge);
    } catch (error) {
      // A small λ leaves G without full rank as it is.
      if (error instanceof RangeError) return undefined;
      throw error;
    }
  }

  #solveOnce(): WeightsByTask {
    using solver = new PositiveSolver(this.#features.size);
    return this.#solve(solver, this.ridge);
  }

  /** (G + λI)⁻¹C */
  #solve(solver: PositiveSolver, ridge: number): WeightsByTask {
    const { gram, sums } = this.#state;
    if (sums.size === 0) return new Map();
    solver.factor(gram, ridge);
    const classes = [...sums].flatMap(([task, ofTask]) => [...ofTask].map(([id, sum]) => ({ task, id, sum })));
    const solved = solver.solve(classes.map(({ sum }) => sum));
    const weights = new Map<number, Map<number, Float64Array>>();
    for (const [i, { task, id }] of classes.entries()) {
      findOrCreate(weights, task, () => new Map<number, Float64Array>()).set(id, elementAt(solved, i));
    }
    return weights;
  }

  #createScorer(weights: ReadonlyMap<number, Float64Array>): TaskScorer {
    const classes = [...weights.keys()];
    const rows = stackRows(
      classes.map((id) => valueAt(weights, id)),
      this.#features.size,
    );
    return {
      classes,
      score: (features, width) => {
        const all = [...this.#features.project(features)].flatMap(({ features: part }) => [
          ...multiplyByTransposed(part, rows).data,
        ]);
        return scoreRows(features, { width, ids: classes }, (_, scores, row) => {
          for (const k of classes.keys()) scores[k] = elementAt(all, row * classes.length + k);
        });
      },
    };
  }
}

/** Adds aaᵀ [M, M] of a [M, n] to a symmetric matrix, by the products of its lower triangle. */
function addSquare(sum: Float64Array, { data, rows: size, columns }: Matrix): void {
  for (let start = 0; start < size; start += GRAM_ROWS) {
    const end = Math.min(start + GRAM_ROWS, size);
    const own = { data: data.subarray(start * columns, end * columns), rows: end - start, columns };
    const before = { data: data.subarray(0, end * columns), rows: end, columns };
    const products = multiplyByTransposed(own, before).data;
    for (let i = start; i < end; i++) {
      for (let j = 0, from = (i - start) * end, at = i * size; j <= i; j++, from++, at++) {
        const value = (sum[at] ?? 0) + (products[from] ?? 0);
        sum[at] = value;
        sum[j * size + i] = value;
      }
    }
  }
}

function stackRows(vectors: readonly Float64Array[], columns: number): Matrix {
  const data = new Float64Array(vectors.length * columns);
  for (const [i, vector] of vectors.entries()) data.set(vector, i * columns);
  return { data, rows: vectors.length, columns };
}

function takeRows({ data, shape }: HostTensor, rows: readonly number[]): HostTensor {
  const [, width] = matrixShape(shape);
  const taken = new Float32Array(rows.length * width);
  for (const [i, row] of rows.entries()) taken.set(data.subarray(row * width, (row + 1) * width), i * width);
  return { data: taken, shape: [rows.length, width] };
}

function takeLabels({ targets, targetsTaskLabels }: LabelledRows, rows: readonly number[]): LabelledRows {
  const take = (from: Int32Array) => Int32Array.from(rows, (row) => elementAt(from, row));
  return { targets: take(targets), targetsTaskLabels: take(targetsTaskLabels) };
}
