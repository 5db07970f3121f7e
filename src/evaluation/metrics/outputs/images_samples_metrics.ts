import { elementAt } from "../../../core/element_at.ts";
import { assertOptions, type OptionRules } from "../../../core/options/assert_options.ts";
import { flag, wholeNumber } from "../../../core/options/value_rules.ts";
import { RandomStream } from "../../../core/random_stream.ts";
import type { Dataset } from "../../../data/dataset.ts";
import { readSamples } from "../../../data/read_samples.ts";
import type { Experience } from "../../../streams/experience.ts";
import type { EvaluatedStrategy } from "../../evaluated_strategy.ts";
import { createExperienceKey } from "../../metric_key.ts";
import type { MetricReading } from "../../metric_value.ts";
import type { PluginMetric } from "../../plugin_metric.ts";
import { drawImageGrid } from "./image_grid.ts";

/** How the grid looks, and when it is made. */
export interface ImagesSamplesMetricsOptions {
  /** Default: 8. */
  readonly nRows?: number;
  /** Default: 8. */
  readonly nCols?: number;
  /** True (the default) sorts the samples by task label and class. */
  readonly group?: boolean;
  /** At the start of each experience's training. Default: true. */
  readonly onTrain?: boolean;
  /** At the start of each experience's evaluation. Default: false. */
  readonly onEval?: boolean;
  /** Decides which samples are drawn. Default: 0. */
  readonly seed?: number;
}

const IMAGES_SAMPLES_METRICS_RULES: OptionRules<ImagesSamplesMetricsOptions> = {
  nRows: wholeNumber(1),
  nCols: wholeNumber(1),
  group: flag(),
  onTrain: flag(),
  onEval: flag(),
  seed: wholeNumber(),
};

/**
 * A grid of samples of each experience, drawn at random: `images/train_phase/train_stream/Task000`, and
 * `images/eval_phase/test_stream/Task000/Exp000`. Replayed samples are not among them. Which are drawn depends on the
 * seed, the stream and the experience alone.
 * @throws {RangeError} If a number of rows or columns is not a whole number of at least 1.
 */
export function imagesSamplesMetrics(options: ImagesSamplesMetricsOptions = {}): PluginMetric[] {
  assertOptions("imagesSamplesMetrics", options, IMAGES_SAMPLES_METRICS_RULES);
  const { onTrain = true, onEval = false, nRows = 8, nCols = 8 } = options;
  const stateless = { save: () => null, restore: () => undefined };
  const draw = (strategy: EvaluatedStrategy): MetricReading[] => {
    const samples = chooseSamples(strategy.experience, { ...options, count: nRows * nCols });
    const key = createExperienceKey("images", strategy, { withExperience: !strategy.isTraining });
    return [{ key, value: drawImageGrid(readSamples(samples), nCols) }];
  };
  return [
    ...(onEval ? [{ name: "images/eval", ...stateless, beforeEvalExp: draw }] : []),
    ...(onTrain ? [{ name: "images/train", ...stateless, beforeTrainingExp: draw }] : []),
  ];
}

function chooseSamples(
  { dataset, originStream, currentExperience }: Experience,
  { count, group = true, seed = 0 }: { count: number; group?: boolean; seed?: number },
): Dataset {
  const random = new RandomStream(seed, `images of ${originStream.name} ${currentExperience}`);
  const positions = [...random.permutation(dataset.length).subarray(0, count)];
  if (group) {
    const { targets, targetsTaskLabels } = dataset;
    const taskOf = (position: number) => elementAt(targetsTaskLabels, position);
    const classOf = (position: number) => elementAt(targets, position);
    positions.sort((a, b) => taskOf(a) - taskOf(b) || classOf(a) - classOf(b));
  }
  return dataset.subset(positions);
}
