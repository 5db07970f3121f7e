import { describe, expect, test } from "bun:test";
import * as tf from "@tensorflow/tfjs";
import type { ComputeRequest } from "../../src/cluster/compute_request.ts";
import { ConstantWeights } from "../../src/cluster/handles/constant_weights.ts";
import { createArrayDataset } from "../../src/data/array_dataset.ts";
import { Dataset } from "../../src/data/dataset.ts";
import type { EngineModel } from "../../src/engine/create_engine.ts";
import { findModelFacts } from "../../src/engine/onnxruntime/model_facts.ts";
import { Naive } from "../../src/methods/naive/naive.ts";
import { takeTopology } from "../../src/models/take_topology.ts";
import { parseTopology } from "../../src/onnx/topology/parse_topology.ts";
import { SGD } from "../../src/optimizers/sgd.ts";
import { createDatasetBenchmark } from "../../src/streams/benchmarks/dataset_benchmark.ts";
import type { StrategyPlugin } from "../../src/training/loop/strategy_plugin.ts";

const SHAPE = [40, 40, 3];
const ROWS = 96;
const OPTIONS = { devices: ["cpu"], cuda: {}, featureCacheBytes: 0, featureCacheFolder: undefined, logicalShards: 2 };

/** Convolutions of single channels, which gain most: few rows are enough. */
function buildModel(): tf.LayersModel {
  const wide = { depthMultiplier: 16, kernelSize: 5, strides: 1 };
  const layers = [
    tf.layers.depthwiseConv2d({ name: "depthwise", inputShape: SHAPE, ...wide }),
    tf.layers.globalAveragePooling2d({ name: "pool", dataFormat: "channelsLast" }),
    tf.layers.dense({ name: "classifier", units: 3 }),
  ];
  return tf.sequential({ name: "depthwise-network", layers });
}

function describeModel(): EngineModel {
  const model = buildModel();
  const spec = parseTopology(takeTopology(model));
  model.dispose();
  return { kind: "onnxruntime", spec, movesState: false, facts: findModelFacts(spec) };
}

async function evaluate(workers: number, plugins: readonly StrategyPlugin[] = []) {
  const size = ROWS * 40 * 40 * 3;
  const x = Float32Array.from({ length: size }, (_, i) => Math.sin(i * 0.37));
  const make = (name: string) =>
    createArrayDataset({ name, x, y: Array.from({ length: ROWS }, (_, i) => i % 3), sampleShape: SHAPE });
  const benchmark = createDatasetBenchmark({ name: "images", train: [make("train")], test: [make("test")] });
  const outputs: Float32Array[] = [];
  const recorder: StrategyPlugin = {
    name: "Recorder",
    traits: [],
    afterEvalForward: ({ mbOutput }) => {
      outputs.push(mbOutput.data.slice());
    },
  };
  const strategy = new Naive({
    model: buildModel(),
    optimizer: new SGD({ learningRate: 0.1 }),
    evalMbSize: 32,
    evaluator: null,
    plugins: [...plugins, recorder],
    cluster: { workers, logicalShards: 2, engine: "onnxruntime" },
  });
  await strategy.start();
  // The same weights in every call, whatever was drawn before.
  strategy.parameters.forEach((_, i, parameters) => {
    parameters[i] = Math.cos(i) / 4;
  });
  await strategy.eval(benchmark.testStream);
  await strategy.close();
  return outputs;
}

/** Numbers that replicas were given, by the evaluations of `work`. */
async function watchNumbers(work: () => Promise<unknown>): Promise<number[]> {
  const { numberOf } = ConstantWeights.prototype;
  const numbers: number[] = [];
  ConstantWeights.prototype.numberOf = function (request, weights) {
    const number = numberOf.call(this, request, weights);
    numbers.push(number);
    return number;
  };
  try {
    await work();
  } finally {
    ConstantWeights.prototype.numberOf = numberOf;
  }
  return numbers;
}

describe("eval() with constant weights", () => {
  test("computes the same bits on 0, 1 and 2 workers", async () => {
    let wanted: Float32Array[] = [];
    expect(await watchNumbers(async () => (wanted = await evaluate(0)))).toEqual([1, 1, 1]);
    expect(wanted.length).toBe(3);
    for (const workers of [1, 2]) expect(await evaluate(workers)).toEqual(wanted);
  }, 30_000);

  test("sees weights that a plugin changes between minibatches, and goes on without constants", async () => {
    let minibatch = 0;
    const meddler: StrategyPlugin = {
      name: "Meddler",
      traits: [],
      beforeEvalIteration: ({ parameters }) => {
        minibatch += 1;
        if (minibatch === 2) parameters.fill(0);
      },
    };
    let outputs: Float32Array[] = [];
    expect(await watchNumbers(async () => (outputs = await evaluate(0, [meddler])))).toEqual([1, 0, 0]);
    const areZero = outputs.map((output) => output.every((value) => value === 0));
    expect(areZero).toEqual([false, true, true]);
  });
});

describe("ConstantWeights", () => {
  const request: ComputeRequest = { samples: Dataset.empty(), training: false, dropoutStep: 0 };
  const create = () => {
    const sent: string[] = [];
    const group = {
      engine: "none",
      send: async ({ kind }: { readonly kind: string }) => void sent.push(kind),
      run: async () => {},
      bringBack: () => {},
      close: async () => {},
      query: async () => ({ kind: "shape", shape: [] }) as const,
    };
    return { sent, constant: new ConstantWeights(group, describeModel(), OPTIONS) };
  };

  test("numberOf() is 0 outside evaluations, in training and for other parameters", async () => {
    const { constant, sent } = create();
    const weights = { parameters: new Float32Array(4), state: new Float32Array(2) };
    expect(constant.numberOf(request, weights)).toBe(0);
    await constant.during(1000, async () => {
      expect(constant.numberOf({ ...request, training: true }, weights)).toBe(0);
      expect(constant.numberOf({ ...request, parameters: new Float32Array(4) }, weights)).toBe(0);
      expect(constant.numberOf(request, weights)).toBe(1);
    });
    expect(constant.numberOf(request, weights)).toBe(0);
    expect(sent).toEqual(["forgetWeights"]);
  });

  test("numberOf() is another in each evaluation, and 0 once a value of parameters or state has changed", async () => {
    for (const change of ["parameters", "state"] as const) {
      const { constant } = create();
      const weights = { parameters: new Float32Array(4), state: new Float32Array(2) };
      await constant.during(1000, async () => {
        expect(constant.numberOf(request, weights)).toBe(1);
        weights[change][1] = 1e-30;
        expect(constant.numberOf(request, weights)).toBe(0);
        weights[change][1] = 0;
        expect(constant.numberOf(request, weights)).toBe(0);
      });
      await constant.during(1000, async () => expect(constant.numberOf(request, weights)).toBe(2));
    }
  });

  test("during() prepares and frees nothing, when the rows are few, or the work fails before it computes", async () => {
    const { constant, sent } = create();
    const weights = { parameters: new Float32Array(4), state: new Float32Array(2) };
    await constant.during(2, async () => expect(constant.numberOf(request, weights)).toBe(0));
    const failing = constant.during(1000, async () => {
      throw new Error("broken");
    });
    await expect(failing).rejects.toThrow("broken");
    expect(sent).toEqual([]);
  });
});
