import { assertOptions } from "../../../core/options/assert_options.ts";
import { flag } from "../../../core/options/value_rules.ts";
import { declareState, flag as flagField, part } from "../../../core/state/state.ts";
import type { EvaluatedStrategy } from "../../evaluated_strategy.ts";
import { createMetricKey } from "../../metric_key.ts";
import type { MetricReading } from "../../metric_value.ts";
import type { PluginMetric } from "../../plugin_metric.ts";
import { MeanScores } from "./mean_scores.ts";

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
