import * as tf from "@tensorflow/tfjs";
import fc from "fast-check";
import { Subtract } from "../../src/engine/tfjs/layers/subtract.ts";
import { applyTo } from "./engine_fixtures.ts";

/** One step of a random model: three numbers that choose the layer, what it is applied to, and its settings. */
export type ModelStep = readonly [layer: number, input: number, setting: number];

/** A random model as plain numbers, so that fast-check can print and shrink it. */
export interface ModelPlan {
  readonly rank: 1 | 2 | 3;
  readonly steps: readonly ModelStep[];
}

/** Plans of models of up to seven layers before their classifier. */
export const modelPlans: fc.Arbitrary<ModelPlan> = fc.record({
  rank: fc.constantFrom(1, 2, 3),
  steps: fc.array(fc.tuple(fc.nat(999), fc.nat(99), fc.nat(999)), { minLength: 1, maxLength: 7 }),
});

const SAMPLE_SHAPES = { 1: [6], 2: [5, 3], 3: [4, 4, 2] } as const;
const ACTIVATIONS = ["linear", "relu", "relu6", "elu", "selu", "sigmoid", "tanh", "softplus", "swish", "gelu"] as const;
/** Larger values are pooled away or left alone: the tests are to be quick. */
const MOST_VALUES = 300;

type Value = tf.SymbolicTensor;
type Maker = (setting: number, shape: readonly number[]) => tf.layers.Layer;

/** The sample shape and the functional model of a plan: each step uses any earlier value, a classifier the last. */
export function buildPlan({ rank, steps }: ModelPlan): { sampleShape: readonly number[]; model: tf.LayersModel } {
  const sampleShape = SAMPLE_SHAPES[rank];
  const input = tf.input({ shape: [...sampleShape] });
  const values: Value[] = [input];
  const made: { layer: tf.layers.Layer; shape: string }[] = [];
  for (const [choice, position, setting] of steps) {
    // Seldom the first values: the model should be deep.
    const x = values[Math.max(0, values.length - 1 - (position % 3))] ?? input;
    values.push(addStep(x, values, { choice, setting, made }));
  }
  const last = values.at(-1) ?? input;
  const flat = last.shape.length > 2 ? applyTo(tf.layers.flatten(), last) : last;
  return { sampleShape, model: tf.model({ inputs: input, outputs: applyTo(tf.layers.dense({ units: 3 }), flat) }) };
}

interface StepChoice {
  readonly choice: number;
  readonly setting: number;
  /** Layers that a later step may share. */
  readonly made: { layer: tf.layers.Layer; shape: string }[];
}

function addStep(x: Value, values: readonly Value[], { choice, setting, made }: StepChoice): Value {
  const shape = shapeOf(x);
  const [steps = 0] = shape;
  // TF.js 4.22 cannot go over one time step alone.
  const recurrent = shape.length === 2 && steps > 1 ? RECURRENT : [];
  const makers = [...ANY_RANK, ...(BY_RANK[shape.length] ?? []), ...recurrent];
  const others = values.filter((value) => value !== x && shapeOf(value).join() === shape.join());
  const shared = made.filter((candidate) => candidate.shape === shape.join());
  const kind = choice % (makers.length + 4);
  if (kind < makers.length) {
    const layer = makers[kind]?.(setting, shape) ?? tf.layers.flatten();
    const y = applyTo(layer, x);
    if (shapeOf(y).reduce((product, length) => product * length, 1) > MOST_VALUES) return x;
    made.push({ layer, shape: shape.join() });
    return y;
  }
  const again = shared[setting % Math.max(1, shared.length)];
  if (kind === makers.length && again) return applyTo(again.layer, x);
  const other = others[setting % Math.max(1, others.length)];
  // Given one value twice, TF.js 4.22 frees it before a later layer reads it.
  if (!other) return x;
  return applyTo(MERGES[(setting >> 2) % MERGES.length]?.() ?? tf.layers.add(), [x, other]);
}

function shapeOf(value: Value): number[] {
  return value.shape.slice(1).map(Number);
}

const activationOf = (setting: number) => ACTIVATIONS[setting % ACTIVATIONS.length] ?? "linear";
const paddingOf = (setting: number) => (setting % 2 === 0 ? "same" : "valid");
/** A window that fits. */
const kernelOf = (setting: number, shape: readonly number[]): [number, number] => [
  Math.min(1 + (setting % 3), shape[0] ?? 1),
  Math.min(1 + ((setting >> 2) % 3), shape[1] ?? 1),
];

const MERGES: readonly (() => tf.layers.Layer)[] = [
  () => tf.layers.add(),
  () => new Subtract(),
  () => tf.layers.multiply(),
  () => tf.layers.average(),
  () => tf.layers.maximum(),
  () => tf.layers.minimum(),
  () => tf.layers.concatenate(),
];

const ANY_RANK: readonly Maker[] = [
  (setting) => tf.layers.dense({ units: 2 + (setting % 4), activation: activationOf(setting >> 2) }),
  (setting) => tf.layers.activation({ activation: activationOf(setting) }),
  (setting) => tf.layers.leakyReLU({ alpha: 0.1 + (setting % 4) / 10 }),
  () => tf.layers.softmax({ axis: -1 }),
  (setting) => tf.layers.dropout({ rate: (setting % 3) / 4 }),
  (setting) => tf.layers.gaussianNoise({ stddev: (setting % 3) / 4 }),
  (setting) => tf.layers.batchNormalization({ scale: setting % 2 === 0, center: setting % 3 !== 0, momentum: 0.9 }),
  (setting) => tf.layers.layerNormalization({ center: setting % 2 === 0, scale: setting % 3 !== 0 }),
  () => tf.layers.prelu({ alphaInitializer: "randomNormal" }),
  (setting, shape) => tf.layers.reshape({ targetShape: factor(shape, setting) }),
];

const BY_RANK: Readonly<Record<number, readonly Maker[]>> = {
  1: [(setting) => tf.layers.repeatVector({ n: 1 + (setting % 3) })],
  2: [
    () => tf.layers.flatten(),
    () => tf.layers.permute({ dims: [2, 1] }),
    (setting, shape) =>
      tf.layers.conv1d({
        filters: 1 + (setting % 4),
        kernelSize: kernelOf(setting, shape)[0],
        strides: 1 + ((setting >> 3) % 2),
        padding: paddingOf(setting >> 1),
        activation: activationOf(setting >> 4),
      }),
    (setting, shape) =>
      tf.layers.maxPooling1d({ poolSize: kernelOf(setting, shape)[0], padding: paddingOf(setting >> 2) }),
    (setting, shape) => tf.layers.averagePooling1d({ poolSize: kernelOf(setting, shape)[0] }),
    () => tf.layers.globalMaxPooling1d({}),
    () => tf.layers.globalAveragePooling1d({}),
  ],
  3: [
    () => tf.layers.flatten(),
    (setting) => tf.layers.permute({ dims: setting % 2 === 0 ? [2, 1, 3] : [3, 1, 2] }),
    (setting, shape) =>
      tf.layers.conv2d({
        filters: 1 + (setting % 4),
        kernelSize: kernelOf(setting, shape),
        strides: 1 + ((setting >> 4) % 2),
        padding: paddingOf(setting >> 1),
        activation: activationOf(setting >> 3),
        useBias: setting % 3 !== 0,
      }),
    (setting, shape) =>
      tf.layers.depthwiseConv2d({
        kernelSize: kernelOf(setting, shape),
        depthMultiplier: 1 + (setting % 2),
        padding: paddingOf(setting >> 1),
      }),
    (setting, shape) =>
      tf.layers.separableConv2d({
        filters: 1 + (setting % 3),
        kernelSize: kernelOf(setting, shape),
        padding: paddingOf(setting >> 1),
      }),
    (setting, shape) =>
      tf.layers.conv2dTranspose({
        filters: 1 + (setting % 3),
        kernelSize: kernelOf(setting, shape),
        strides: 1 + ((setting >> 4) % 2),
        padding: paddingOf(setting >> 1),
      }),
    (setting, shape) =>
      tf.layers.maxPooling2d({
        poolSize: kernelOf(setting, shape),
        strides: 1 + (setting % 2),
        padding: paddingOf(setting >> 2),
      }),
    (setting, shape) =>
      tf.layers.averagePooling2d({
        poolSize: kernelOf(setting, shape),
        strides: 1 + (setting % 2),
        padding: paddingOf(setting >> 2),
      }),
    (setting) =>
      tf.layers.upSampling2d({
        size: [1 + (setting % 2), 1 + ((setting >> 1) % 3)],
        interpolation: setting % 5 < 2 ? "bilinear" : "nearest",
      }),
    () => tf.layers.globalMaxPooling2d({}),
    () => tf.layers.globalAveragePooling2d({}),
    (setting) =>
      tf.layers.zeroPadding2d({
        padding: [
          [setting % 2, (setting >> 1) % 2],
          [(setting >> 2) % 2, (setting >> 3) % 2],
        ],
      }),
  ],
};

const RECURRENT: readonly Maker[] = [
  (setting) => tf.layers.simpleRNN({ units: 1 + (setting % 3), returnSequences: setting % 2 === 0 }),
  (setting) =>
    tf.layers.gru({ units: 1 + (setting % 3), returnSequences: setting % 2 === 0, goBackwards: setting % 5 === 0 }),
  (setting) =>
    tf.layers.lstm({ units: 1 + (setting % 3), returnSequences: setting % 2 === 0, useBias: setting % 5 !== 0 }),
];

/** The same number of values in another shape of one, two or three axes. */
function factor(shape: readonly number[], setting: number): number[] {
  const size = shape.reduce((product, length) => product * length, 1);
  const divisor = [2, 3, 4, 1].find((candidate, i) => size % candidate === 0 && i >= setting % 3) ?? 1;
  switch ((setting >> 2) % 3) {
    case 0:
      return [size];
    case 1:
      return [size / divisor, divisor];
    default:
      return [divisor, 1, size / divisor];
  }
}
