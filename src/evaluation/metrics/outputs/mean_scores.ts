import { elementAt } from "../../../core/element_at.ts";
import { findOrCreate } from "../../../core/find_or_create.ts";
import type { HostTensor } from "../../../core/host_tensor.ts";
import { assertOptions } from "../../../core/options/assert_options.ts";
import { flag } from "../../../core/options/value_rules.ts";
import {
  count,
  declareState,
  flag as flagField,
  idSet,
  mapById,
  number,
  part,
  record,
} from "../../../core/state/state.ts";
import { CLASSES_ONLY } from "../../../data/float_targets.ts";
import type { EvaluatedStrategy } from "../../evaluated_strategy.ts";
import { createMetricKey } from "../../metric_key.ts";
import type { MetricReading } from "../../metric_value.ts";
import type { PluginMetric } from "../../plugin_metric.ts";
import type { Metric } from "../metric.ts";
import { readClassCount } from "../predictions.ts";

/** Mean logits of the true class; a part without samples is absent. */
export interface MeanScoresResult {
  /** Over samples of classes that are new. */
  readonly newClasses?: number;
  /** Over samples of the others. */
  readonly oldClasses?: number;
  /** newClasses − oldClasses: how far new classes are favoured. */
  readonly difference?: number;
}

/**
 * The mean logit of the true class, over samples of new and of old classes: a learner that favours new classes gives
 * them higher scores.
 * @see Belouadah and Popescu 2019, IL2M: class incremental learning with dual memory, ICCV
 */
export class MeanScores implements Metric<MeanScoresResult> {
  readonly #state = declareState("mean scores", {
    byClass: mapById(record({ sum: number(), count: count() })),
    newClasses: idSet(),
  });
  readonly save = this.#state.save;
  readonly restore = this.#state.restore;
  readonly reset = this.#state.reset;

  /**
   * Adds a minibatch: `logits` [B, C], class ids `y` [B]. Both are borrowed.
   * @throws {RangeError} If there is not one row a label.
   */
  update(logits: HostTensor, y: Int32Array): void {
    const width = readClassCount("average scores", logits, y);
    for (let row = 0; row < y.length; row++) {
      const label = elementAt(y, row);
      const scores = findOrCreate(this.#state.byClass, label, () => ({ sum: 0, count: 0 }));
      scores.sum += logits.data[row * width + label] ?? Number.NaN;
      scores.count += 1;
    }
  }

  /** Says that these classes are new; the others that are met are old. */
  addNewClasses(classes: readonly number[]): void {
    for (const label of classes) this.#state.newClasses.add(label);
  }

  /** The mean score of each class that was met, by class id. */
  resultByClass(): ReadonlyMap<number, number> {
    return new Map(
      [...this.#state.byClass].sort(([a], [b]) => a - b).map(([label, { sum, count }]) => [label, sum / count]),
    );
  }

  result(): MeanScoresResult {
    const newClasses = this.#average((label) => this.#state.newClasses.has(label));
    const oldClasses = this.#average((label) => !this.#state.newClasses.has(label));
    return {
      ...(newClasses === undefined ? {} : { newClasses }),
      ...(oldClasses === undefined ? {} : { oldClasses }),
      ...(newClasses === undefined || oldClasses === undefined ? {} : { difference: newClasses - oldClasses }),
    };
  }

  /** Forgets the scores and keeps which classes are new. */
  resetScores(): void {
    this.#state.byClass.clear();
  }

  #average(includes: (label: number) => boolean): number | undefined {
    let sum = 0;
    let total = 0;
    for (const [label, scores] of this.#state.byClass) {
      if (!includes(label)) continue;
      sum += scores.sum;
      total += scores.count;
    }
    return total === 0 ? undefined : sum / total;
  }
}

/**
 * The mean logit of the true class over new and old classes: `MeanScores/train_phase/train_stream/new_classes`,
 * `…/old_classes`, `…/new_old_diff`. In training over each experience's last epoch, where new are the experience's own
 * classes; in evaluation over each call of `eval`, where new are the classes of the last call of `train` (Avalanche
 * adds up the evaluations since then). A part without samples is not reported.
 */
export function meanScoresMetrics(
  options: { readonly onTrain?: boolean; readonly onEval?: boolean } = {},
): PluginMetric[] {
  assertOptions("meanScoresMetrics", options, { onTrain: flag(), onEval: flag() });
  const { onTrain = true, onEval = true } = options;
  return [...(onEval ? [new EvalMeanScores()] : []), ...(onTrain ? [new TrainMeanScores()] : [])];
}

class TrainMeanScores implements PluginMetric {
  readonly name = "MeanScores/train";
  readonly targets = CLASSES_ONLY;
  readonly #state = declareState("MeanScores/train", { scores: part(new MeanScores()), isReported: flagField() });
  readonly save = this.#state.save;
  readonly restore = this.#state.restore;

  beforeTrainingExp(): undefined {
    this.#state.isReported = false;
  }

  beforeTrainingEpoch({ experience }: EvaluatedStrategy): undefined {
    this.#state.scores.reset();
    this.#state.scores.addNewClasses(experience.classesInThisExperience);
  }

  afterTrainingIteration({ mbOutput, mbY }: EvaluatedStrategy): undefined {
    this.#state.scores.update(mbOutput, mbY);
  }

  afterTrainingEpoch(strategy: EvaluatedStrategy): MetricReading[] | undefined {
    if (strategy.clock.trainExpEpochs !== strategy.trainEpochs - 1) return undefined;
    this.#state.isReported = true;
    return listReadings(this.#state.scores, strategy);
  }

  /** Reports the last epoch of an experience that was stopped early. */
  afterTrainingExp(strategy: EvaluatedStrategy): MetricReading[] | undefined {
    return this.#state.isReported ? undefined : listReadings(this.#state.scores, strategy);
  }
}

class EvalMeanScores implements PluginMetric {
  readonly name = "MeanScores/eval";
  readonly targets = CLASSES_ONLY;
  readonly #scores = new MeanScores();
  readonly save = this.#scores.save;
  readonly restore = this.#scores.restore;

  beforeTraining(): undefined {
    this.#scores.reset();
  }

  beforeTrainingExp({ experience }: EvaluatedStrategy): undefined {
    this.#scores.addNewClasses(experience.classesInThisExperience);
  }

  beforeEval(): undefined {
    this.#scores.resetScores();
  }

  afterEvalIteration({ mbOutput, mbY }: EvaluatedStrategy): undefined {
    this.#scores.update(mbOutput, mbY);
  }

  afterEval(strategy: EvaluatedStrategy): MetricReading[] {
    return listReadings(this.#scores, strategy);
  }
}

function listReadings(scores: MeanScores, { experience, isTraining }: EvaluatedStrategy): MetricReading[] {
  const phase = isTraining ? "train" : "eval";
  const key = createMetricKey({ name: "MeanScores", phase, streamName: experience.originStream.name });
  const { newClasses, oldClasses, difference } = scores.result();
  return [
    ...(newClasses === undefined ? [] : [{ key: `${key}/new_classes`, value: newClasses }]),
    ...(oldClasses === undefined ? [] : [{ key: `${key}/old_classes`, value: oldClasses }]),
    ...(difference === undefined ? [] : [{ key: `${key}/new_old_diff`, value: difference }]),
  ];
}
