import { describe, expect, test } from "bun:test";
import * as tf from "@tensorflow/tfjs";
import { createOnnxruntimeEngine } from "../../src/engine/onnxruntime/onnxruntime_engine.ts";
import { lenet5 } from "../../src/models/lenet5.ts";
import { flattenWeights } from "../../src/models/model_snapshot.ts";
import type { ImageModelOptions } from "../../src/models/options.ts";
import { simpleCNN } from "../../src/models/simple_cnn.ts";
import { slimResNet18 } from "../../src/models/slim_resnet18.ts";
import { findUnsupportedLayers, parseTopology } from "../../src/onnx/topology/parse_topology.ts";
import { computeOutputs, drawInput, measureDifference, takeApart } from "../engine/engine_fixtures.ts";

const NONE = new Float32Array(0);

type Builder = (options?: ImageModelOptions) => tf.LayersModel;

/** Builders, with the parameters and the state of their default model. */
const BUILDERS: readonly (readonly [string, Builder, number, number])[] = [
  ["simpleCNN", simpleCNN, 70_378, 0],
  ["lenet5", lenet5, 62_006, 0],
  ["slimResNet18", slimResNet18, 1_094_750, 3000],
];

describe("image models", () => {
  for (const [name, build, parameters, state] of BUILDERS) {
    test(`${name}() has as many parameters as its documents say, by default`, () => {
      const snapshot = takeApart(build());
      expect(snapshot.layout.size).toBe(parameters);
      expect(snapshot.stateLayout.size).toBe(state);
    });

    test(`${name}() gives the same weights, when built twice, and others, when the seed differs`, () => {
      const [first, second, other] = [build({ seed: 3 }), build({ seed: 3 }), build({ seed: 4 })].map(takeApart);
      expect(first).toEqual(second);
      expect(measureDifference(first?.parameters ?? NONE, other?.parameters ?? NONE)).toBeGreaterThan(0.01);
    });

    test(`${name}() is trained by the fast engine and computes what TF.js does, when it is new`, async () => {
      const model = build({ numClasses: 4, inputShape: [20, 20, 2] });
      const { topology, ...vectors } = flattenWeights(model);
      expect(findUnsupportedLayers(topology)).toEqual([]);
      const input = drawInput(2, { sampleShape: [20, 20, 2], mode: "eval" });
      const wanted = tf.tidy(() => {
        const logits = model.predict(tf.tensor(input.x.data.slice(), [2, 20, 20, 2]));
        return Array.isArray(logits) ? new Float32Array(0) : Float32Array.from(logits.dataSync());
      });
      model.dispose();
      const engine = await createOnnxruntimeEngine({ spec: parseTopology(topology) });
      expect(engine.outputSize).toBe(4);
      expect(measureDifference(await computeOutputs(engine, vectors, input), wanted)).toBeLessThan(1e-4);
      await engine.close();
    });

    test(`${name}() ends in a growing head, when asked to`, () => {
      const incremental = takeApart(build({ incremental: true, initialUnits: 3 }));
      expect(incremental.layout.entries.at(-1)).toMatchObject({ name: "classifier/bias", shape: [3] });
      expect(takeApart(build({ multiHead: true })).layout.entries.at(-1)).toMatchObject({ shape: [1, 2] });
    });

    test(`${name}() refuses options out of their range, when built`, () => {
      const bad: ImageModelOptions[] = [
        { numClasses: 0 },
        { seed: -1 },
        { inputShape: [32, 32] },
        { inputShape: [32, 32, 0] },
        { inputShape: [4, 32, 3] },
        { incremental: true, multiHead: true },
        JSON.parse('{"initialization":"torch"}'),
      ];
      for (const options of bad) expect(() => build(options)).toThrow(RangeError);
    });
  }

  test("simpleCNN() drops with the odds asked for, when given", () => {
    const model = simpleCNN({ dropRate: 0.1 });
    expect(["drop0", "drop1", "drop2"].map((name) => model.getLayer(name).getConfig().rate)).toEqual([0.1, 0.1, 0.1]);
    model.dispose();
    expect(() => simpleCNN({ dropRate: 1 })).toThrow(RangeError);
  });

  test("lenet5() covers all that is left with its last convolution, when images are small", () => {
    const model = lenet5({ inputShape: [28, 28, 1] });
    expect(model.getLayer("conv2").getConfig().kernelSize).toEqual([4, 4]);
    expect(takeApart(model).layout.size).toBe(44_426);
    expect(takeApart(lenet5({ inputShape: [32, 32, 1] })).layout.size).toBe(61_706);
  });

  test("slimResNet18() halves height and width in every stage but the first, when called", () => {
    const model = slimResNet18();
    const shapes = [0, 1, 2, 3].map((stage) => model.getLayer(`stage${stage}_block1_relu1`).outputShape);
    expect(shapes).toEqual([
      [null, 32, 32, 20],
      [null, 16, 16, 40],
      [null, 8, 8, 80],
      [null, 4, 4, 160],
    ]);
    model.dispose();
  });
});
