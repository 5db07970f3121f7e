import * as tf from "@tensorflow/tfjs";
import { RandomStream } from "../../src/core/random_stream.ts";
import type {
  DropoutKey,
  Engine,
  EngineInput,
  EngineResults,
  ModelVectors,
  Objective,
} from "../../src/engine/engine.ts";
import { flattenWeights, type ModelSnapshot } from "../../src/models/model_snapshot.ts";

/** Samples of the small models that engines are tested with. */
export const FEATURES = 5;
/** Classes of the small models. */
export const CLASSES = 3;
/** The key of calls to which masks do not matter. */
export const KEY: DropoutKey = { seed: 3, step: 17, shard: 1 };

/** How the hidden layers of a small model are made. */
export interface SmallModel {
  readonly activations: readonly ("relu" | "tanh" | "sigmoid" | "softmax")[];
  /** 0 by default: no dropout layers. */
  readonly rate?: number;
}

/** The models that every engine must know: name and structure. */
export const SMALL_MODELS: readonly (readonly [string, SmallModel])[] = [
  ["no hidden layer", { activations: [] }],
  ["relu", { activations: ["relu"] }],
  ["tanh", { activations: ["tanh"] }],
  ["sigmoid", { activations: ["sigmoid"] }],
  ["softmax", { activations: ["softmax"] }],
  ["two layers and dropout", { activations: ["relu", "tanh"], rate: 0.4 }],
];

/** Builds [FEATURES] → hidden layers of 6 units → [CLASSES], and takes it apart. */
export function createSmallModel({ activations, rate = 0 }: SmallModel): ModelSnapshot {
  const layers: tf.layers.Layer[] = [];
  const inputShape = () => (layers.length === 0 ? { inputShape: [FEATURES] } : {});
  activations.forEach((activation, i) => {
    layers.push(tf.layers.dense({ name: `fc${i}`, units: 6, activation, ...inputShape() }));
    if (rate > 0) layers.push(tf.layers.dropout({ name: `dropout${i}`, rate }));
  });
  layers.push(tf.layers.dense({ name: "classifier", units: CLASSES, ...inputShape() }));
  return takeApart(tf.sequential({ name: "small", layers }));
}

/** The parts of a model, which is disposed. */
export function takeApart(model: tf.LayersModel): ModelSnapshot {
  const snapshot = flattenWeights(model);
  model.dispose();
  return snapshot;
}

/** Vectors of a layout's lengths, from U(−0.7, 0.7). */
export function drawVectors(engine: Pick<Engine, "layout" | "stateLayout">, seed = 1): ModelVectors {
  const stream = new RandomStream(seed, "vectors");
  const draw = (length: number) => Float32Array.from({ length }, () => 1.4 * stream.uniform() - 0.7);
  // Moving variances are part of the state and must be above 0.
  return {
    parameters: draw(engine.layout.size),
    state: draw(engine.stateLayout.size).map((value) => 0.5 + value * value),
  };
}

/** `rows` samples from N(0, 1). */
export function drawInput(
  rows: number,
  options: Partial<EngineInput> & { sampleShape?: readonly number[] } = {},
): EngineInput {
  const { sampleShape = [FEATURES], ...others } = options;
  const stream = new RandomStream(rows, "input");
  const shape = [rows, ...sampleShape];
  const length = shape.reduce((product, axis) => product * axis, 1);
  const data = Float32Array.from({ length }, () => stream.normal());
  return { x: { data, shape }, taskLabels: new Int32Array(rows), mode: "train", dropoutKey: KEY, ...others };
}

/** γ and δ of the kinds that have one. */
const CONSTANTS: Readonly<Partial<Record<Objective["kind"], number>>> = { focal: 1.7, "binary-focal": 2.3, huber: 0.6 };

/** Smoothed one-hot rows, and weights that differ from row to row. */
export function drawObjective(kind: Objective["kind"], rows: number, classes = CLASSES): Objective {
  const stream = new RandomStream(rows, "objective");
  const targets = new Float32Array(rows * classes).fill(0.1 / classes);
  const weights = new Float32Array(rows);
  for (let row = 0; row < rows; row++) {
    targets[row * classes + stream.integer(classes)] = 0.9 + 0.1 / classes;
    weights[row] = (0.5 + stream.uniform()) / rows;
  }
  const constant = CONSTANTS[kind];
  return { kind, targets, weights, ...(constant === undefined ? {} : { constant }) };
}

/** The same with weights from 0 to 2 of each output's part of the loss. */
export function weighElements(objective: Objective): Objective {
  const stream = new RandomStream(7, "element weights");
  return { ...objective, elementWeights: objective.targets.map(() => Math.max(0, 3 * stream.uniform() - 1)) };
}

/** Rows `start` … `end` of an input and its objective: a shard. */
export function sliceRows(
  input: EngineInput,
  objective: Objective,
  [start, end]: readonly [number, number],
): [EngineInput, Objective] {
  const { x, taskLabels, ...others } = input;
  const [rows = 0, ...sampleShape] = x.shape;
  const sampleSize = x.data.length / rows;
  const classes = objective.targets.length / rows;
  const data = x.data.slice(start * sampleSize, end * sampleSize);
  const slice = {
    x: { data, shape: [end - start, ...sampleShape] },
    taskLabels: taskLabels.slice(start, end),
    ...others,
  };
  const { elementWeights } = objective;
  const targets = objective.targets.slice(start * classes, end * classes);
  const elements = elementWeights ? { elementWeights: elementWeights.slice(start * classes, end * classes) } : {};
  return [slice, { ...objective, ...elements, targets, weights: objective.weights.slice(start, end) }];
}

/** Results to be written into, full of NaN so that what is not written shows. */
export function createResults(engine: Engine, rows: number): EngineResults {
  return {
    outputs: new Float32Array(rows * engine.outputSize).fill(Number.NaN),
    losses: new Float32Array(rows).fill(Number.NaN),
    gradient: new Float32Array(engine.layout.size).fill(Number.NaN),
  };
}

/** The fused step, with results of its own. */
export async function computeGradient(
  engine: Engine,
  vectors: ModelVectors,
  input: EngineInput,
  objective: Objective,
): Promise<EngineResults> {
  const results = createResults(engine, objective.weights.length);
  await engine.gradient(vectors, input, objective, results);
  return results;
}

/** The forward pass, with outputs of its own. */
export async function computeOutputs(engine: Engine, vectors: ModelVectors, input: EngineInput): Promise<Float32Array> {
  const { outputs } = createResults(engine, input.taskLabels.length);
  await engine.forward(vectors, input, outputs);
  return outputs;
}

/** Under which the last class does not compete, and the others not evenly. */
export function createMask(classes = CLASSES): Float32Array {
  return Float32Array.from({ length: classes }, (_, c) => (c === classes - 1 ? -1000 : 0.5 * c));
}

/** The same objective under `createMask`: rows that asked for the last class ask for the first. */
export function maskObjective(objective: Objective, classes = CLASSES): Objective {
  const targets = objective.targets.slice();
  for (let last = classes - 1; last < targets.length; last += classes) {
    targets[last - classes + 1] = (targets[last - classes + 1] ?? 0) + (targets[last] ?? 0);
    targets[last] = 0;
  }
  return { ...objective, targets, classMask: createMask(classes) };
}

/** The largest difference of two vectors of one length. */
export function measureDifference(a: Float32Array, b: Float32Array): number {
  if (a.length !== b.length) return Number.POSITIVE_INFINITY;
  // A NaN in either shows as a NaN, which no tolerance admits.
  return a.reduce((most, value, i) => (value === b[i] ? most : Math.max(most, Math.abs(value - (b[i] ?? 0)))), 0);
}

/**
 * What a promise is rejected with; undefined if it is not. In Bun 1.4, `expect().rejects` waits without hearing
 * Workers.
 */
export async function catchError(promise: Promise<unknown>): Promise<unknown> {
  return promise.then(
    () => undefined,
    (reason: unknown) => reason,
  );
}

/** Calls a layer in a functional model. */
export function applyTo(layer: tf.layers.Layer, inputs: tf.SymbolicTensor | tf.SymbolicTensor[]): tf.SymbolicTensor {
  const output = layer.apply(inputs);
  if (Array.isArray(output) || output instanceof tf.Tensor) throw new TypeError("Not a symbolic tensor");
  return output;
}
