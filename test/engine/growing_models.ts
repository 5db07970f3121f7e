import * as tf from "@tensorflow/tfjs";
import { findEntry, viewEntry } from "../../src/core/parameter_layout.ts";
import type { Engine, EngineInput, ModelVectors } from "../../src/engine/engine.ts";
import { IncrementalClassifier } from "../../src/engine/tfjs/layers/incremental_classifier.ts";
import { MultiHeadClassifier } from "../../src/engine/tfjs/layers/multi_head_classifier.ts";
import { applyTo, drawInput, drawVectors, FEATURES } from "./engine_fixtures.ts";

/** A small model that ends in a growing head, and what its rows and its `active` are in tests. */
export interface GrowingModel {
  readonly name: string;
  /** Of the samples that are computed; the head of each row. */
  readonly taskLabels: readonly number[];
  /** Row-major. */
  readonly active: readonly number[];
  build(): tf.LayersModel;
}

/** One model a kind of head and setting of it. */
export const GROWING_MODELS: readonly GrowingModel[] = [
  createIncremental("an incremental classifier", [1, 0, 1, 1], { units: 4 }),
  createIncremental("an incremental classifier of which nothing was trained", [0, 0, 0], { units: 3 }),
  createIncremental("an incremental classifier with another mask", [1, 1, 0], { units: 3, maskValue: -2.5 }),
  createIncremental("an incremental classifier without masking", [1, 0, 0], { units: 3, masking: false }),
  createMultiHead("a multi-head classifier", [0, 2, 1, 2], { headUnits: [2, 4, 3] }),
  createMultiHead("a multi-head classifier of one head", [0, 0, 0], { headUnits: [3] }),
  createMultiHead("a multi-head classifier whose rows share a task", [2, 2, 2], { headUnits: [2, 4, 3] }),
  createMultiHead("a multi-head classifier without masking whose rows share a task", [0, 0], {
    headUnits: [2, 4],
    masking: false,
  }),
  createMultiHead("a multi-head classifier with a gap", [2, 0, 2, 2, 0], { headUnits: [2, 0, 3] }),
  createMultiHead("a multi-head classifier without masking", [1, 0, 1], { headUnits: [2, 4], masking: false }),
];

/** Vectors as `drawVectors` gives them, with the model's `active`. */
export function drawGrowingVectors(
  engine: Pick<Engine, "layout" | "stateLayout">,
  { active }: GrowingModel,
): ModelVectors {
  const vectors = drawVectors(engine);
  viewEntry(vectors.state, findEntry(engine.stateLayout, "classifier/active")).set(active);
  return vectors;
}

/** Rows with the model's task labels. */
export function drawGrowingInput({ taskLabels }: GrowingModel, options: Partial<EngineInput> = {}): EngineInput {
  return drawInput(taskLabels.length, { taskLabels: Int32Array.from(taskLabels), ...options });
}

function createIncremental(
  name: string,
  active: readonly number[],
  options: ConstructorParameters<typeof IncrementalClassifier>[0],
): GrowingModel {
  const head = () => new IncrementalClassifier({ name: "classifier", ...options });
  const build = () => tf.sequential({ name: "growing", layers: [createFeatures(), head()] });
  return { name, taskLabels: [0, 0, 0, 0], active, build };
}

/** Every second unit that a head has was trained. */
function createMultiHead(
  name: string,
  taskLabels: readonly number[],
  options: ConstructorParameters<typeof MultiHeadClassifier>[0],
): GrowingModel {
  const units = Math.max(...options.headUnits);
  const active = options.headUnits.flatMap((width) =>
    Array.from({ length: units }, (_, unit) => (unit < width && unit % 2 === 0 ? 1 : 0)),
  );
  const build = () => {
    const input = tf.input({ shape: [FEATURES] });
    const labels = tf.input({ shape: [], dtype: "int32", name: "task_labels" });
    const head = new MultiHeadClassifier({ name: "classifier", ...options });
    const outputs = applyTo(head, [applyTo(createFeatures(), input), labels]);
    return tf.model({ name: "growing", inputs: [input, labels], outputs });
  };
  return { name, taskLabels, active, build };
}

function createFeatures(): tf.layers.Layer {
  return tf.layers.dense({ name: "fc0", units: 6, activation: "tanh", inputShape: [FEATURES] });
}
