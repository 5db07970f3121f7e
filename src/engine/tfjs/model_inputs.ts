import { fitShape } from "../../core/fit_shape.ts";
import { TASK_LABELS_NAME } from "../../onnx/layers/input.ts";
import type { EngineInput } from "../engine.ts";
import { MultiHeadClassifier } from "./layers/multi_head_classifier.ts";
import { listLayers } from "./model_layers.ts";
import * as tf from "./tensorflow.ts";

/** Which of a model's inputs takes task labels: the one whose input layer has that name; −1 if there is none. */
export function findTaskLabelsInput(model: tf.LayersModel): number {
  // The tensors' own names are numbered through in a process; the layers' are not.
  return model.inputs.findIndex(({ sourceLayer }) => sourceLayer.name === TASK_LABELS_NAME);
}

/** What a model is applied to: samples [n, …] and, where it takes them, task labels [n], in its own order. */
export function createModelInputs(model: tf.LayersModel, { x, taskLabels }: EngineInput): tf.Tensor | tf.Tensor[] {
  const labelsAt = findTaskLabelsInput(model);
  const [rows = 0, ...sampleShape] = x.shape;
  const wanted = model.inputs[labelsAt === 0 ? 1 : 0]?.shape.slice(1) ?? sampleShape;
  const samples = tf.tensor(x.data.slice(), [rows, ...(fitShape(sampleShape, wanted) ?? sampleShape)], "float32");
  if (labelsAt < 0) return samples;
  const labels = tf.tensor1d(taskLabels.slice(), "int32");
  return labelsAt === 0 ? [labels, samples] : [samples, labels];
}

/** The multi-head classifiers of a model: what has to know its rows' task labels. */
export function listMultiHeads(model: tf.LayersModel): MultiHeadClassifier[] {
  return listLayers(model).filter((layer) => layer instanceof MultiHeadClassifier);
}
