import { elementAt } from "../../core/element_at.ts";
import type { HostTensor } from "../../core/host_tensor.ts";
import { count, declareState, float64Vector, list, record } from "../../core/state/state.ts";
import type { LabelledRows } from "../../data/task_classes.ts";
import { type ByTaskHead, type CosineHead, joinTaskHeads } from "../../onnx/export/prediction_head.ts";
import { measureLength, scoreRows } from "../shared/classifiers/feature_classifier.ts";
import { scoreByTask, type TaskRows, type TaskScorer } from "../shared/classifiers/score_by_task.ts";

const PROTOTYPE = record({
  task: count(),
  id: count(),
  /** [D], of length 1. */
  vector: float64Vector(),
});

/** A vector of length 1 for each class of each task: tasks may share class ids. Classes are numbered as they come. */
export class ClassPrototypes {
  readonly #state = declareState("prototypes", { prototypes: list(PROTOTYPE) });
  readonly save = this.#state.save;
  readonly restore = this.#state.restore;

  /** The vectors [D] by the classes' numbers; borrowed. */
  get vectors(): ReadonlyMap<number, Float64Array> {
    return new Map(this.#state.prototypes.map(({ vector }, number) => [number, vector]));
  }

  /** The vectors [D] of a task's classes by class id; borrowed. */
  ofTask(task: number): ReadonlyMap<number, Float64Array> {
    const own = this.#state.prototypes.filter((prototype) => prototype.task === task);
    return new Map(own.map(({ id, vector }) => [id, vector]));
  }

  /**
   * The number [N] of each row's class.
   * @param create Makes the vector of a class that comes for the first time; owned from then on.
   */
  numberRows({ targets, targetsTaskLabels }: LabelledRows, create: () => Float64Array): Int32Array {
    return targets.map((id, row) => {
      const task = elementAt(targetsTaskLabels, row);
      const known = this.#state.prototypes.findIndex((prototype) => prototype.id === id && prototype.task === task);
      return known < 0 ? this.#state.prototypes.push({ task, id, vector: create() }) - 1 : known;
    });
  }

  /** p ← (αp + (1 − α)v) at length 1, for the vectors v [D] of classes by number. */
  follow(vectors: ReadonlyMap<number, Float64Array>, alpha: number): void {
    for (const [number, mean] of vectors) {
      const { vector: old, ...known } = elementAt(this.#state.prototypes, number);
      const moved = mean.map((value, i) => alpha * (old[i] ?? 0) + (1 - alpha) * value);
      const length = measureLength(moved);
      this.#state.prototypes[number] = { ...known, vector: moved.map((value) => value / length) };
    }
  }

  /** The products [N, width] of rows [N, D] with the vectors, as `scoreByTask` says. The caller owns the result. */
  score(rows: HostTensor, taskRows: TaskRows): HostTensor {
    return scoreByTask(rows, taskRows, new Map(this.#mapTasks((vectors) => createScorer(vectors))));
  }

  /** The same scores for an exported model; undefined while no class is known. */
  describeHead(): CosineHead | ByTaskHead | undefined {
    return joinTaskHeads(new Map(this.#mapTasks((prototypes): CosineHead => ({ kind: "cosine", prototypes }))));
  }

  #mapTasks<Value>(create: (vectors: ReadonlyMap<number, Float64Array>) => Value): (readonly [number, Value])[] {
    const tasks = [...new Set(this.#state.prototypes.map(({ task }) => task))];
    return tasks.map((task) => [task, create(this.ofTask(task))]);
  }
}

function createScorer(prototypes: ReadonlyMap<number, Float64Array>): TaskScorer {
  const classes = [...prototypes.keys()];
  const vectors = [...prototypes.values()];
  return {
    classes,
    score: (features, width) => {
      return scoreRows(features, { width, ids: classes }, (row, scores) => {
        for (const [k, vector] of vectors.entries()) {
          scores[k] = vector.reduce((sum, value, i) => sum + value * (row[i] ?? 0), 0);
        }
      });
    },
  };
}
