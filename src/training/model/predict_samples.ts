import { elementAt } from "../../core/element_at.ts";
import { describeValue, RangeRefusal } from "../../core/errors/errors.ts";
import { findOrCreate } from "../../core/find_or_create.ts";
import { type HostTensor, matrixShape } from "../../core/host_tensor.ts";
import { logSumExp } from "../../core/log_sum_exp.ts";
import { assertOptions, type OptionRules } from "../../core/options/assert_options.ts";
import { either, listOf, objectLike, text, wholeNumber } from "../../core/options/value_rules.ts";
import { ScratchSamples } from "../../data/scratch_samples.ts";
import { assertTaskLabels } from "../../engine/assert_task_labels.ts";
import { findTaskLabelsInput } from "../../engine/tfjs/model_inputs.ts";
import { countOutputs } from "../../engine/tfjs/model_layers.ts";
import { findLargestColumn } from "../../onnx/export/largest_column.ts";
import { createStream } from "../../streams/stream.ts";
import type { BaseStrategy } from "../loop/base_strategy.ts";
import { type PredictedSamples, type PredictionInput, readPredictionInput } from "./prediction_input.ts";
import { type Predictor, usePredictor } from "./predictor.ts";

/** What samples are predicted with beside themselves. */
export interface PredictOptions {
  /** One task label for all samples, or one for each. Default: those of a data set, else 0. */
  readonly taskLabels?: number | ArrayLike<number>;
  /** The label of each class id. Default: those of the streams that the strategy was trained on. */
  readonly classNames?: readonly string[];
}

const PREDICT_RULES: OptionRules<PredictOptions> = {
  taskLabels: either(wholeNumber(), objectLike("a list of task labels", "length")),
  classNames: listOf(text()),
};

/** What a strategy says of N samples. The caller owns all of it. */
export interface Predictions {
  /** The class ids that score best [N]. */
  readonly classes: Int32Array;
  /**
   * The softmax of the scores [N, C]: of logits or, where the strategy predicts by class means, of minus the distances.
   * Classes that the head does not score, or that were never trained in a growing head, have 0.
   */
  readonly probabilities: HostTensor;
  /** The label of each predicted class; its id where no name is known. */
  readonly names: readonly string[];
}

/** Memory that replicas read samples from, by strategy: written over, so that predicting for ever costs no more. */
const scratches = new WeakMap<BaseStrategy, ScratchSamples>();

/**
 * Predicts samples as the strategy's evaluation does, in minibatches of `evalMbSize` of one task each. No samples give
 * empty predictions.
 * @throws {RangeError} If samples have another shape than the model's, or a task label has no head. {TypeError} If they
 *   are of another kind.
 */
export async function predictSamples(
  strategy: BaseStrategy,
  x: PredictionInput,
  options: PredictOptions,
): Promise<Predictions> {
  assertOptions("predict()", options, PREDICT_RULES);
  const samples = readPredictionInput(x, findSampleShape(strategy));
  const taskLabels = readTaskLabels(samples, options.taskLabels);
  await strategy.start();
  assertHeads(strategy, samples.length, taskLabels);
  const rows = new Map<number, Float32Array>();
  await usePredictor(strategy, async (predictor) => {
    for (const task of new Set(taskLabels)) {
      const positions = [...taskLabels.keys()].filter((row) => taskLabels[row] === task);
      for (let start = 0; start < positions.length; start += strategy.evalMbSize) {
        const chosen = positions.slice(start, start + strategy.evalMbSize);
        const { data, shape } = await predictTask(strategy, predictor, { x: samples.read(chosen), task });
        const [, width] = matrixShape(shape);
        for (const [i, row] of chosen.entries()) rows.set(row, data.subarray(i * width, (i + 1) * width));
      }
    }
  });
  const { classNames = strategy.labels.classNames } = options;
  return describePredictions(rows, { classNames, width: rows.size > 0 ? 0 : countOutputs(strategy.model) });
}

/** Scores [n, C] of samples of one task. */
function predictTask(
  strategy: BaseStrategy,
  predictor: Predictor,
  { x, task }: { readonly x: HostTensor; readonly task: number },
): Promise<HostTensor> {
  const scratch = findOrCreate(scratches, strategy, () => new ScratchSamples("predicted samples"));
  const zeros = new Int32Array(elementAt(x.shape, 0));
  const dataset = scratch.write({ x, y: zeros, taskLabels: zeros.map(() => task) });
  const experience = createStream("predict", [{ dataset, classes: [] }]).at(0);
  return predictor.predict(experience, dataset);
}

/** Heads of several tasks may differ in width; `width` is what it is at least. */
function describePredictions(
  rows: ReadonlyMap<number, Float32Array>,
  { classNames, width: least }: { readonly classNames: readonly string[]; readonly width: number },
): Predictions {
  const width = [...rows.values()].reduce((widest, { length }) => Math.max(widest, length), least);
  const classes = new Int32Array(rows.size);
  const data = new Float32Array(rows.size * width);
  for (const [row, scores] of rows) {
    classes[row] = findLargestColumn(scores);
    const total = logSumExp(scores);
    for (const [column, score] of scores.entries()) data[row * width + column] = Math.exp(score - total);
  }
  const names = Array.from(classes, (id) => classNames[id] ?? String(id));
  return { classes, probabilities: { data, shape: [rows.size, width] }, names };
}

function readTaskLabels({ length, taskLabels }: PredictedSamples, given: PredictOptions["taskLabels"]): Int32Array {
  if (given === undefined) return taskLabels ?? new Int32Array(length);
  if (typeof given === "number") return new Int32Array(length).fill(given);
  if (given.length !== length) {
    throw new RangeRefusal(`predict(): taskLabels must be one a sample, ${length}, got ${given.length}`);
  }
  const labels = Int32Array.from(given);
  const astray = labels.findIndex((label, i) => label !== given[i] || label < 0);
  if (astray < 0) return labels;
  const got = describeValue(given[astray]);
  throw new RangeRefusal(`predict(): taskLabels.${astray} must be a whole number of at least 0, got ${got}`);
}

/** What a replica would refuse, and be lost. */
function assertHeads({ heads }: BaseStrategy, length: number, taskLabels: Int32Array): void {
  for (const head of heads) {
    if (head.kind !== "multi-head") continue;
    assertTaskLabels(
      { name: head.layer, headUnits: head.headUnits },
      { x: { data: new Float32Array(0), shape: [length] }, taskLabels },
    );
  }
}

function findSampleShape({ model }: BaseStrategy): readonly number[] {
  const [, ...shape] = elementAt(model.inputs, findTaskLabelsInput(model) === 0 ? 1 : 0).shape;
  return shape.map((size) => {
    if (size !== null) return size;
    throw new RangeRefusal(`predict(): the model's samples must have a fixed shape, got [${shape.join(", ")}]`);
  });
}
