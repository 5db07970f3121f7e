import { elementAt } from "../../core/element_at.ts";
import { describeValue, RangeRefusal } from "../../core/errors/errors.ts";
import { findOrCreate } from "../../core/find_or_create.ts";
import { type HostTensor, matrixShape } from "../../core/host_tensor.ts";
import { assertOptions, type OptionRules } from "../../core/options/assert_options.ts";
import { either, listOf, objectLike, text, wholeNumber } from "../../core/options/value_rules.ts";
import { ScratchSamples } from "../../data/scratch_samples.ts";
import { assertTaskLabels } from "../../engine/assert_task_labels.ts";
import { findTaskLabelsInput } from "../../engine/tfjs/model_inputs.ts";
import { countOutputs } from "../../engine/tfjs/model_layers.ts";
import { createStream } from "../../streams/stream.ts";
import type { BaseStrategy } from "../loop/base_strategy.ts";
import { type PredictedSamples, type PredictionInput, readPredictionInput } from "./prediction_input.ts";
import { describePredictions, type OutputMeaning, type Predictions } from "./predictions.ts";
import { type Predictor, usePredictor } from "./predictor.ts";

/** What samples are predicted with beside themselves. */
export interface PredictOptions {
  /** One task label for all samples, or one for each. Default: those of a data set, else 0. */
  readonly taskLabels?: number | ArrayLike<number>;
  /** The label of each class id, or of each column. Default: those of the streams that it was trained on. */
  readonly classNames?: readonly string[];
}

const PREDICT_RULES: OptionRules<PredictOptions> = {
  taskLabels: either(wholeNumber(), objectLike("a list of task labels", "length")),
  classNames: listOf(text()),
};

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
  const predictAll = async (predictor: Predictor) => {
    for (const task of new Set(taskLabels)) {
      const positions = [...taskLabels.keys()].filter((row) => taskLabels[row] === task);
      for (let start = 0; start < positions.length; start += strategy.evalMbSize) {
        const chosen = positions.slice(start, start + strategy.evalMbSize);
        const { data, shape } = await predictTask(strategy, predictor, { x: samples.read(chosen), task });
        const [, width] = matrixShape(shape);
        for (const [i, row] of chosen.entries()) rows.set(row, data.subarray(i * width, (i + 1) * width));
      }
    }
  };
  await strategy.cluster.constantWeights.during(samples.length, () => usePredictor(strategy, predictAll));
  const width = rows.size > 0 ? 0 : countOutputs(strategy.model);
  return describePredictions(rows, { width, ...readMeaning(strategy, options) });
}

/** What the outputs stand for: as the strategy was trained, else as its criterion takes them. */
function readMeaning({ labels, options }: BaseStrategy, { classNames }: PredictOptions): OutputMeaning {
  const { kind, names } = labels.targets ?? { kind: options.criterion.targets?.[0] ?? "classes" };
  return { kind, names: classNames ?? (kind === "classes" ? labels.classNames : (names ?? [])) };
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
