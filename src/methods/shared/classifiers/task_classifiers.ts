import { findOrCreate } from "../../../core/find_or_create.ts";
import type { HostTensor } from "../../../core/host_tensor.ts";
import { declareState, made, mapById } from "../../../core/state/state.ts";
import { type ByTaskHead, joinTaskHeads, type ScoringHead } from "../../../onnx/export/prediction_head.ts";
import type { FeatureClassifier, FeaturesByClass } from "./feature_classifier.ts";
import { scoreByTask, type TaskRows } from "./score_by_task.ts";

/** Features of samples by class id, by task label. */
export type FeaturesByTask = ReadonlyMap<number, FeaturesByClass>;

/** A classifier of features for each task: tasks may share class ids. Samples without task labels are task 0. */
export class TaskClassifiers {
  readonly #create: () => FeatureClassifier;
  readonly #state;
  readonly save = () => this.#state.save();
  readonly restore = (saved: unknown) => this.#state.restore(saved);

  /**
   * @param create Makes a classifier that knows nothing.
   * @throws {RangeError} If `create` does.
   */
  constructor(create: () => FeatureClassifier) {
    create();
    this.#create = create;
    /** By task label, in the order in which tasks came. */
    this.#state = declareState("a classifier a task", { byTask: mapById(made(create)) });
  }

  /** Learns classes from these samples alone; what was known of them is forgotten, other classes stay. */
  learn(features: FeaturesByTask): void {
    for (const [task, ofTask] of features) this.#find(task).learn(ofTask);
  }

  /** Takes in more samples of classes, known or new. */
  add(features: FeaturesByTask): void {
    for (const [task, ofTask] of features) this.#find(task).add(ofTask);
  }

  /** Scores [N, width] of features [N, F], as `scoreByTask` says. The caller owns the result. */
  score(features: HostTensor, rows: TaskRows): HostTensor {
    return scoreByTask(features, rows, this.#state.byTask);
  }

  /** The same scores for an exported model, of a layer's features; undefined while no class is known. */
  describeHead(layerName: string): ScoringHead | ByTaskHead | undefined {
    const heads = new Map<number, ScoringHead>();
    for (const [task, classifier] of this.#state.byTask) {
      const head = classifier.describeHead(layerName);
      if (head) heads.set(task, head);
    }
    return joinTaskHeads(heads);
  }

  #find(task: number): FeatureClassifier {
    return findOrCreate(this.#state.byTask, task, this.#create);
  }
}
