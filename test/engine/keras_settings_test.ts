import { afterAll, describe, expect, test } from "bun:test";
import * as tf from "@tensorflow/tfjs";
import { chooseEngine } from "../../src/engine/create_engine.ts";
import type { ModelTopology } from "../../src/engine/model_topology.ts";
import { createOnnxruntimeEngine } from "../../src/engine/onnxruntime/onnxruntime_engine.ts";
import { parseTopology } from "../../src/onnx/topology/parse_topology.ts";
import { compareEngines } from "./compare_engines.ts";
import { takeApart } from "./engine_fixtures.ts";
import { EngineWorker } from "./tfjs/worker_engine.ts";

const worker = new EngineWorker("cpu");
afterAll(() => worker.terminate());
const IMAGE = [4, 5, 2];
const { layers } = tf;
/** Without ε, three channels that are nearly equal divide rounding by their small deviation. */
const TOLERANCE = 1e-4;

/** A model of one such layer between a convolution and a classifier, with other settings than TF.js writes. */
function describeModel(layer: tf.layers.Layer, settings: object): ModelTopology {
  const { topology } = takeApart(
    tf.sequential({
      layers: [
        layers.conv2d({ inputShape: IMAGE, filters: 3, kernelSize: 1 }),
        layer,
        layers.flatten(),
        layers.dense({ units: 3 }),
      ],
    }),
  );
  const changed = JSON.stringify(topology, (_key, value) =>
    value?.class_name === layer.getClassName() ? { ...value, config: { ...value.config, ...settings } } : value,
  );
  return JSON.parse(changed);
}

/** As files of tf.keras and other versions of TF.js have them. */
const SETTINGS: Readonly<Record<string, () => ModelTopology>> = {
  "a batch normalisation's axis in a list": () => describeModel(layers.batchNormalization(), { axis: [3] }),
  "one that counts from the end": () => describeModel(layers.batchNormalization(), { axis: [-1] }),
  "a batch normalisation without ε": () => describeModel(layers.batchNormalization(), { epsilon: 0 }),
  "a layer normalisation without ε": () => describeModel(layers.layerNormalization(), { epsilon: 0, axis: -1 }),
  "a batch normalisation's null": () => describeModel(layers.batchNormalization(), { momentum: null, epsilon: null }),
  "a dropout with a noise shape of null": () => describeModel(layers.dropout({ rate: 0.3 }), { noise_shape: null }),
  "a leaky rectifier's null": () => describeModel(layers.leakyReLU(), { alpha: null }),
};

describe("both engines read", () => {
  for (const [name, describeTopology] of Object.entries(SETTINGS)) {
    test(name, async () => {
      const topology = describeTopology();
      expect(await chooseEngine("auto", topology)).toBe("onnxruntime");
      const [ours, reference] = [
        await createOnnxruntimeEngine({ spec: parseTopology(topology) }),
        await worker.createEngine(topology),
      ];
      const differences = await compareEngines(ours, reference, { sampleShape: IMAGE });
      for (const difference of Object.values(differences)) expect(difference).toBeLessThan(TOLERANCE);
      await ours.close();
      await reference.close();
    });
  }
});

test('chooseEngine() leaves a setting that onnxruntime\'s reader does not know to TF.js, when asked for "auto"', async () => {
  const topology = describeModel(layers.upSampling2d({}), { interpolation: "bicubic" });
  expect(await chooseEngine("auto", topology)).toBe("tfjs");
});
