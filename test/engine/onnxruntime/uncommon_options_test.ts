import { describe, expect, test } from "bun:test";
import * as tf from "@tensorflow/tfjs";
import { viewEntry } from "../../../src/core/parameter_layout.ts";
import type { Engine, ModelVectors } from "../../../src/engine/engine.ts";
import { createOnnxruntimeEngine } from "../../../src/engine/onnxruntime/onnxruntime_engine.ts";
import { DepthwiseConv1D } from "../../../src/engine/tfjs/layers/keras/depthwise_1d.ts";
import { GRU } from "../../../src/engine/tfjs/layers/keras/gru.ts";
import { ZeroPadding1D } from "../../../src/engine/tfjs/layers/keras/margin_layers.ts";
import { parseTopology } from "../../../src/onnx/topology/parse_topology.ts";
import {
  computeGradient,
  computeOutputs,
  drawInput,
  drawObjective,
  drawVectors,
  measureDifference,
  takeApart,
} from "../engine_fixtures.ts";

/** Half the distance of the two points of a central difference. */
const STEP = 2 ** -7;
/** Float32's rounding, divided by the step, and the third derivative times the step squared. */
const TOLERANCE = 2e-3;
const ROWS = 3;
const { layers } = tf;

interface Case {
  readonly sampleShape: number[];
  readonly layer: () => tf.layers.Layer;
}

/** Settings whose gradient TF.js 4.22 lacks (dilation) or computes wrongly (the others). */
const CASES: Readonly<Record<string, Case>> = {
  "conv2d, dilated by two numbers": onImages(() => layers.conv2d({ filters: 3, kernelSize: 3, dilationRate: [2, 1] })),
  "conv2d, dilated, same": onImages(() =>
    layers.conv2d({ filters: 2, kernelSize: [3, 2], dilationRate: 2, padding: "same", activation: "tanh" }),
  ),
  "conv1d, dilated": {
    sampleShape: [9, 2],
    layer: () => layers.conv1d({ filters: 3, kernelSize: 3, dilationRate: 3 }),
  },
  "depthwise conv2d, dilated, same": onImages(() =>
    layers.depthwiseConv2d({ kernelSize: 3, depthMultiplier: 2, dilationRate: [2, 2], padding: "same" }),
  ),
  "separable conv2d, dilated": onImages(() =>
    layers.separableConv2d({ filters: 4, kernelSize: 3, depthMultiplier: 2, dilationRate: 2, padding: "same" }),
  ),
  "transposed conv2d, strides beyond the kernel": onImages(() =>
    layers.conv2dTranspose({ filters: 3, kernelSize: 2, strides: [3, 2], padding: "same" }),
  ),
  "average pooling, padded": onImages(() =>
    layers.averagePooling2d({ poolSize: [3, 2], strides: [2, 1], padding: "same" }),
  ),
  "global max pooling of values that are equal": {
    sampleShape: [4, 2],
    layer: () =>
      tf.sequential({
        layers: [
          layers.permute({ dims: [2, 1], inputShape: [4, 2] }),
          layers.globalAveragePooling1d({}),
          layers.repeatVector({ n: 5 }),
          layers.globalMaxPooling1d({}),
          layers.reshape({ targetShape: [2, 2] }),
        ],
      }),
  },
  "conv3d, same, with strides": onVolumes(() =>
    layers.conv3d({ filters: 2, kernelSize: [2, 1, 3], strides: [1, 2, 2], padding: "same" }),
  ),
  "conv3d, dilated": onVolumes(() => layers.conv3d({ filters: 2, kernelSize: 2, dilationRate: [2, 1, 3] })),
  "transposed conv3d, same": onVolumes(() =>
    layers.conv3dTranspose({
      filters: 2,
      kernelSize: [2, 3, 2],
      strides: [1, 2, 1],
      padding: "same",
      activation: "tanh",
    }),
  ),
  "transposed conv3d, strides beyond the kernel": onVolumes(() =>
    layers.conv3dTranspose({ filters: 1, kernelSize: [1, 2, 3], strides: [2, 3, 1], useBias: false }),
  ),
  "an lstm that passes filling over, and the mean": onFilled(() => [
    layers.lstm({ units: 3, returnSequences: true }),
    layers.globalAveragePooling1d(),
    layers.reshape({ targetShape: [3, 1] }),
  ]),
  "a norm by the batch that passes filling over": onFilled(() => [layers.batchNormalization()]),
  "two grus that pass filling over, one backwards": onFilled(() => [
    new GRU({ units: 2, returnSequences: true, goBackwards: true, resetAfter: true } as { units: number }),
    layers.gru({ units: 3, returnSequences: true }),
  ]),
  "depthwise conv1d, dilated": {
    sampleShape: [9, 2],
    layer: () => new DepthwiseConv1D({ kernelSize: 3, dilationRate: 2 }),
  },
  "average pooling of volumes, padded": onVolumes(() =>
    layers.averagePooling3d({ poolSize: 2, strides: [2, 1, 1], padding: "same" }),
  ),
  "up sampling, nearest": onImages(() => layers.upSampling2d({ size: [2, 3] })),
  "up sampling, bilinear": onImages(() => layers.upSampling2d({ size: [2, 3], interpolation: "bilinear" })),
};

/** Layers on sequences with filling at both ends. */
function onFilled(made: () => tf.layers.Layer[]): Case {
  const filled = () => [new ZeroPadding1D({ padding: [1, 2], inputShape: [4, 2] }), layers.masking({ maskValue: 0 })];
  return { sampleShape: [4, 2], layer: () => tf.sequential({ layers: [...filled(), ...made()] }) };
}

function onVolumes(layer: () => tf.layers.Layer): Case {
  return { sampleShape: [5, 4, 6, 2], layer };
}

function onImages(layer: () => tf.layers.Layer): Case {
  return { sampleShape: [8, 7, 2], layer };
}

/** The layer between two dense ones, so that the gradient goes through it and not only to it. */
function open({ sampleShape, layer }: Case): Promise<Engine> {
  const before = layers.dense({ name: "before", units: 2, inputShape: sampleShape });
  const after = layers.dense({ name: "after", units: 3 });
  const model = tf.sequential({ layers: [before, layer(), layers.flatten(), after] });
  return createOnnxruntimeEngine({ spec: parseTopology(takeApart(model).topology) });
}

describe("gradient() of a layer that TF.js has no right gradient of equals central differences,", () => {
  for (const [name, made] of Object.entries(CASES)) {
    test(`when it is ${name}`, async () => {
      const engine = await open(made);
      const vectors = drawVectors(engine);
      const input = drawInput(ROWS, { sampleShape: made.sampleShape });
      const objective = drawObjective("cross-entropy", ROWS);
      const { gradient } = await computeGradient(engine, vectors, input, objective);
      const measure = async (i: number, shift: number) => {
        const parameters = vectors.parameters.slice();
        parameters[i] = (parameters[i] ?? 0) + shift;
        const { losses } = await computeGradient(engine, { ...vectors, parameters }, input, objective);
        return losses.reduce((sum, loss, row) => sum + loss * (objective.weights[row] ?? 0), 0);
      };
      // Some of every tensor: all would take long.
      for (const { offset, size } of engine.layout.entries) {
        for (let i = offset; i < offset + size; i += Math.ceil(size / 8)) {
          const slope = ((await measure(i, STEP)) - (await measure(i, -STEP))) / (2 * STEP);
          expect(Math.abs((gradient[i] ?? Number.NaN) - slope)).toBeLessThan(TOLERANCE * Math.max(1, Math.abs(slope)));
        }
      }
      await engine.close();
    });
  }
});

type Kernel = { kernelSize: number; dilationRate: number; padding: "same" | "valid" };

const DILATABLE: Readonly<Record<string, { sampleShape: number[]; layer: (kernel: Kernel) => tf.layers.Layer }>> = {
  conv1d: { sampleShape: [9, 2], layer: (kernel) => layers.conv1d({ ...kernel, name: "it", filters: 3 }) },
  conv2d: { sampleShape: [8, 7, 2], layer: (kernel) => layers.conv2d({ ...kernel, name: "it", filters: 3 }) },
  "separable conv2d": {
    sampleShape: [8, 7, 2],
    layer: (kernel) => layers.separableConv2d({ ...kernel, name: "it", filters: 3, depthMultiplier: 2 }),
  },
  // TF.js passes the dilation over, and so takes the unpadded output for larger than it is.
  "depthwise conv2d": {
    sampleShape: [8, 7, 2],
    layer: ({ dilationRate, ...kernel }) =>
      layers.depthwiseConv2d({
        ...kernel,
        name: "it",
        padding: "same",
        depthMultiplier: 2,
        dilationRate: [dilationRate, dilationRate],
      }),
  },
};

describe("forward() of a dilated layer is that of its kernel with zeros between,", () => {
  for (const [name, { sampleShape, layer }] of Object.entries(DILATABLE)) {
    for (const padding of ["same", "valid"] as const) {
      test(`when it is a ${name}, ${padding}`, async () => {
        const dilated = await open({ sampleShape, layer: () => layer({ kernelSize: 3, dilationRate: 2, padding }) });
        const spread = await open({ sampleShape, layer: () => layer({ kernelSize: 5, dilationRate: 1, padding }) });
        const vectors = drawVectors(dilated);
        const input = drawInput(ROWS, { sampleShape, mode: "eval" });
        const outputs = await computeOutputs(dilated, vectors, input);
        const wanted = await computeOutputs(spread, spreadKernels(vectors, dilated, spread), input);
        expect(measureDifference(outputs, wanted)).toBeLessThan(1e-4);
        await dilated.close();
        await spread.close();
      });
    }
  }
});

/** The parameters with a zero between any two taps of a kernel of 3; those of other tensors as they are. */
function spreadKernels({ parameters, state }: ModelVectors, from: Engine, to: Engine): ModelVectors {
  const all = new Float32Array(to.layout.size);
  for (const [index, target] of to.layout.entries.entries()) {
    const source = from.layout.entries[index];
    if (!source) throw new RangeError("The layouts differ");
    const [values, places] = [viewEntry(parameters, source), viewEntry(all, target)];
    for (let i = 0; i < values.length; i++) {
      let [rest, place, stride] = [i, 0, 1];
      for (let axis = source.shape.length - 1; axis >= 0; axis--) {
        const length = source.shape[axis] ?? 1;
        const isSpread = target.shape[axis] !== length;
        place += (rest % length) * (isSpread ? 2 : 1) * stride;
        rest = Math.floor(rest / length);
        stride *= target.shape[axis] ?? 1;
      }
      places[place] = values[i] ?? 0;
    }
  }
  return { parameters: all, state };
}
