import { describe, expect, test } from "bun:test";
import process from "node:process";
import * as tf from "@tensorflow/tfjs";
import {
  assertDevice,
  assertPlaces,
  chooseEngine,
  createEngine,
  prepareModel,
} from "../../src/engine/create_engine.ts";
import { type EngineKind, readEngineVariable } from "../../src/engine/engine_kind.ts";
import type { ModelTopology } from "../../src/engine/model_topology.ts";
import { applyTo, catchError, takeApart } from "./engine_fixtures.ts";

function createTwoInputs(): tf.LayersModel {
  const inputs = [tf.input({ shape: [4], name: "left" }), tf.input({ shape: [4], name: "right" })];
  return tf.model({ inputs, outputs: applyTo(tf.layers.dense({ units: 3 }), applyTo(tf.layers.add(), inputs)) });
}

function createTwoOutputs(): tf.LayersModel {
  const input = tf.input({ shape: [4] });
  const outputs = ["first", "second"].map((name) => applyTo(tf.layers.dense({ units: 3, name }), input));
  return tf.model({ inputs: input, outputs });
}

function withDense(settings: Partial<Parameters<typeof tf.layers.dense>[0]>): tf.LayersModel {
  return tf.sequential({ layers: [tf.layers.dense({ name: "fc", inputShape: [4], units: 3, ...settings })] });
}

/** What neither engine trains: how it is made, and what each says of it. */
const REFUSED: Readonly<Record<string, { build: () => tf.LayersModel; onnxruntime: RegExp; tfjs: RegExp }>> = {
  "two inputs": {
    build: createTwoInputs,
    onnxruntime: /one input of samples, got \["left", "right"\]/,
    tfjs: /one input of samples and one output, got \[2, 1\]/,
  },
  "two outputs": {
    build: createTwoOutputs,
    onnxruntime: /one output, got \["first", "second"\]/,
    tfjs: /one input of samples and one output, got \[1, 2\]/,
  },
  "a constraint": {
    build: () => withDense({ biasConstraint: tf.constraints.nonNeg() }),
    onnxruntime: /layer "fc".*bias_constraint, which no engine applies/,
    tfjs: /weights without constraints, got "fc\/bias"/,
  },
  "a momentum that makes statistics run away": {
    build: () =>
      tf.sequential({
        layers: [
          tf.layers.batchNormalization({ name: "norm", inputShape: [4], momentum: 99 }),
          tf.layers.dense({ units: 3 }),
        ],
      }),
    onnxruntime: /layer "norm".*momentum must be from 0 to 1, got 99$/,
    tfjs: /layer "norm" needs a momentum from 0 to 1, got 99/,
  },
  "a causal convolution": {
    build: () =>
      tf.sequential({
        layers: [
          tf.layers.conv1d({ name: "causal", inputShape: [6, 2], filters: 3, kernelSize: 2, padding: "causal" }),
          tf.layers.globalMaxPooling1d({}),
        ],
      }),
    onnxruntime: /layer "causal".*causal, which TF.js does not compute$/,
    tfjs: /layer "causal" needs padding same or valid, got "causal"/,
  },
  "a state that outlives the batch": {
    build: () =>
      tf.sequential({
        layers: [tf.layers.gru({ name: "memory", units: 3, stateful: true, batchInputShape: [2, 4, 3] })],
      }),
    onnxruntime: /layer "memory".*keeps its state from batch to batch/,
    tfjs: /layers that keep no state between batches, got "memory"/,
  },
};

describe("chooseEngine()", () => {
  test('takes onnxruntime for "auto", when it knows every layer', async () => {
    expect(await chooseEngine("auto", takeApart(withDense({})).topology)).toBe("onnxruntime");
  });

  test('takes tfjs for "auto", when a length is open', async () => {
    const model = tf.sequential({ layers: [tf.layers.gru({ units: 3, inputShape: [null, 4] })] });
    expect(await chooseEngine("auto", takeApart(model).topology)).toBe("tfjs");
  });

  test('takes for "auto" the engine that the environment names, and what was asked for before that', async () => {
    const { topology } = takeApart(withDense({}));
    const before = process.env.FIRN_ENGINE;
    process.env.FIRN_ENGINE = "tfjs";
    try {
      expect(await chooseEngine("auto", topology)).toBe("tfjs");
      expect(await chooseEngine("onnxruntime", topology)).toBe("onnxruntime");
    } finally {
      if (before === undefined) delete process.env.FIRN_ENGINE;
      else process.env.FIRN_ENGINE = before;
    }
    expect(readEngineVariable("")).toBe(undefined);
    expect(() => readEngineVariable("tf")).toThrow('FIRN_ENGINE must be "onnxruntime" or "tfjs", got "tf"');
  });

  test("takes what was asked for, when it is one of the engines, and refuses others by their nearest name", async () => {
    const { topology } = takeApart(withDense({}));
    for (const kind of ["onnxruntime", "tfjs"] as const) expect(await chooseEngine(kind, topology)).toBe(kind);
    const unknown = JSON.parse('"onnxruntim"');
    expect(String(await catchError(chooseEngine(unknown, topology)))).toContain("did you mean onnxruntime");
  });
});

describe("prepareModel() and createEngine()", () => {
  for (const [name, { build, ...messages }] of Object.entries(REFUSED)) {
    test(`says what is wanted, in either engine and for "auto", when the model has ${name}`, async () => {
      const { topology } = takeApart(build());
      const create = (kind: EngineKind) =>
        catchError(prepareModel(kind, topology).then((model) => createEngine({ model, device: "cpu" })));
      expect(String(await create("onnxruntime"))).toMatch(messages.onnxruntime);
      expect(String(await create("tfjs"))).toMatch(messages.tfjs);
      expect(await chooseEngine("auto", topology)).toBe("tfjs");
    });
  }
});

describe("prepareModel()", () => {
  /** A description of three layers, the middle one 2^15 wide: nothing of the size is made. */
  function describeWide({ trainable }: { trainable: boolean }): ModelTopology {
    const dense = (name: string, units: number, more = {}) => ({
      class_name: "Dense",
      config: { name, units, activation: "linear", use_bias: false, trainable, ...more },
    });
    const layers = [
      dense("first", 2 ** 15, { batch_input_shape: [null, 2 ** 14] }),
      dense("middle", 2 ** 15),
      dense("last", 2),
    ];
    return { class_name: "Sequential", config: { name: "wide", layers } };
  }

  const COUNT = 2 ** 14 * 2 ** 15 + 2 ** 15 * 2 ** 15 + 2 ** 15 * 2;

  test("counts the weights of a description, and refuses more than vectors hold, trained or not", async () => {
    expect(String(await catchError(prepareModel("onnxruntime", describeWide({ trainable: true }))))).toMatch(
      `the model may have at most 1073741824 (4 GiB) parameters that are trained, got ${COUNT}: freeze a part of it`,
    );
    expect(String(await catchError(prepareModel("onnxruntime", describeWide({ trainable: false }))))).toMatch(
      `at most 1073741824 (4 GiB) values that are not trained (frozen weights, moving statistics), got ${COUNT}`,
    );
  });
});

describe("assertDevice()", () => {
  test("names the nearest device, when there is none of that name", () => {
    for (const device of ["cpu", "webgpu", "cuda:0", "cuda:17"]) expect(() => assertDevice(device)).not.toThrow();
    expect(() => assertDevice("CUDA")).toThrow("did you mean cuda:0?");
    expect(() => assertDevice("abacus")).toThrow(/^device must be cpu, webgpu or cuda:NUMBER, got "abacus"$/);
  });
});

describe("assertPlaces()", () => {
  test("refuses what would end the process or compute elsewhere, when several replicas share it", async () => {
    await assertPlaces("onnxruntime", ["cuda:0", "cuda:1", "webgpu", "cpu"]);
    await assertPlaces("tfjs", ["webgpu", "webgpu", "cuda:0", "cpu"]);
    await expect(assertPlaces("onnxruntime", ["webgpu", "cpu", "webgpu"])).rejects.toThrow(
      "onnxruntime computes on webgpu in one thread of a process: one worker, got 2",
    );
    await expect(assertPlaces("tfjs", ["cuda:0", "cuda:1"])).rejects.toThrow("TF.js sees one GPU, cuda:0 ");
  });
});
