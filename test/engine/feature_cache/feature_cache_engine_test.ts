import { describe, expect, test } from "bun:test";
import { countElements } from "../../../src/core/host_tensor.ts";
import { createSharedFloat32, createSharedInt32 } from "../../../src/core/shared/shared_memory.ts";
import { prepareModel } from "../../../src/engine/create_engine.ts";
import type { Engine, EngineInput } from "../../../src/engine/engine.ts";
import { FeatureCacheEngine } from "../../../src/engine/feature_cache/feature_cache_engine.ts";
import { FeatureStore } from "../../../src/engine/feature_cache/feature_store.ts";
import {
  createFeatureCounts,
  FeatureWord,
  type SharedFeatures,
} from "../../../src/engine/feature_cache/shared_features.ts";
import { createOnnxruntimeEngine } from "../../../src/engine/onnxruntime/onnxruntime_engine.ts";
import { flattenWeights } from "../../../src/models/model_snapshot.ts";
import { onnxModel } from "../../../src/models/onnx_model.ts";
import { slimResNet18 } from "../../../src/models/slim_resnet18.ts";
import { drawInput, drawObjective } from "../engine_fixtures.ts";

const path = new URL("../../onnx/import/networks/resnet.legacy.onnx", import.meta.url).pathname;
const sampleShape = [12, 12, 3];

/** Room for the features [D] of so many samples, of the sources 5 and 6 with 32 rows each. */
function shareFeatures(width: number, capacity: number): SharedFeatures {
  return {
    width,
    rowsPerSegment: Math.ceil(capacity / 2),
    segments: [0, 1].map(() => createSharedFloat32(Math.ceil(capacity / 2) * width)),
    counts: createFeatureCounts(),
    sources: [5, 6].map((sourceId) => ({ sourceId, places: createSharedInt32(32) })),
  };
}

/** The whole model's engine, one with a cache that counts what it computes below, and the model's vectors. */
async function makeEngines(trainable: readonly string[]) {
  const model = onnxModel({
    path,
    inputShape: sampleShape,
    numClasses: 3,
    trainable,
    incremental: true,
    initialUnits: 3,
  });
  const { topology, parameters, state } = flattenWeights(model);
  model.dispose();
  const prepared = await prepareModel("onnxruntime", topology);
  if (prepared.kind !== "onnxruntime" || !prepared.frozenPart) throw new Error("Wanted a frozen part");
  const { upper, layerName, shape } = prepared.frozenPart;
  const plain = await createOnnxruntimeEngine({ spec: prepared.spec });
  const counted: { engine: Engine; rows: number } = {
    engine: await createOnnxruntimeEngine({ spec: prepared.spec }),
    rows: 0,
  };
  const { activations } = counted.engine;
  const whole: Engine = Object.assign(counted.engine, {
    activations: (...call: Parameters<NonNullable<Engine["activations"]>>) => {
      counted.rows += call[1].x.shape[0] ?? 0;
      return activations?.apply(counted.engine, call) ?? Promise.resolve();
    },
  });
  const cached = new FeatureCacheEngine({
    whole,
    upper: await createOnnxruntimeEngine({ spec: upper }),
    layerName,
    shape,
    upperLayers: new Set(upper.layers.map(({ name }) => name)),
  });
  const share = () => cached.useFeatures(shareFeatures(countElements(shape), 64));
  share();
  return { plain, cached, counted, vectors: { parameters, state }, layerName, share };
}

function identify(input: EngineInput, rows: readonly number[], sourceId = 5): EngineInput {
  return { ...input, samples: { sourceIds: new Int32Array(rows.length).fill(sourceId), rows: Int32Array.from(rows) } };
}

async function step(engine: Engine, vectors: Parameters<Engine["forward"]>[0], input: EngineInput) {
  const rows = input.taskLabels.length;
  const results = {
    outputs: new Float32Array(rows * engine.outputSize),
    losses: new Float32Array(rows),
    gradient: new Float32Array(engine.layout.size),
  };
  await engine.gradient(vectors, input, drawObjective("cross-entropy", rows), results);
  return results;
}

describe("FeatureCacheEngine", () => {
  test("computes each sample's features once, and what the whole model computes", async () => {
    const { plain, cached, counted, vectors, layerName } = await makeEngines(["none"]);
    expect(layerName).toBe("network");
    const input = drawInput(5, { sampleShape });
    const wanted = await step(plain, vectors, input);
    for (let epoch = 0; epoch < 3; epoch++) {
      expect(await step(cached, vectors, identify(input, [4, 0, 9, 7, 2]))).toEqual(wanted);
    }
    // One chunk, made up to its full length.
    expect(counted.rows).toBe(16);
    const outputs = new Float32Array(wanted.outputs.length);
    await cached.forward(vectors, identify(input, [4, 0, 9, 7, 2]), outputs);
    expect(outputs).toEqual(wanted.outputs);
    const features = new Float32Array(5 * 8);
    const wantedFeatures = new Float32Array(5 * 8);
    await cached.activations(vectors, identify(input, [4, 0, 9, 7, 2]), layerName, features);
    await plain.activations?.(vectors, input, layerName, wantedFeatures);
    expect(features).toEqual(wantedFeatures);
    expect(counted.rows).toBe(16);
    expect(cached.knowsFeatures({ sourceIds: Int32Array.of(5, 5), rows: Int32Array.of(9, 0) })).toBe(true);
    expect(cached.knowsFeatures({ sourceIds: Int32Array.of(5, 6), rows: Int32Array.of(9, 0) })).toBe(false);
    await plain.close();
    await cached.close();
  });

  test("gives a sample the same features, whatever it is computed beside", async () => {
    const { cached, vectors } = await makeEngines(["none"]);
    const input = drawInput(20, { sampleShape });
    const together = await step(cached, vectors, identify(input, [...Array(20).keys()]));
    const other = await makeEngines(["none"]);
    const size = sampleShape.reduce((product, length) => product * length, 1);
    for (const row of [19, 3, 11]) {
      const one = { data: input.x.data.slice(row * size, (row + 1) * size), shape: [1, ...sampleShape] };
      await step(other.cached, vectors, identify({ ...input, x: one, taskLabels: new Int32Array(1) }, [row]));
    }
    expect((await step(other.cached, vectors, identify(input, [...Array(20).keys()]))).outputs).toEqual(
      together.outputs,
    );
    await cached.close();
    await other.cached.close();
  });

  test("computes what is not known, was forgotten, or says no names", async () => {
    const { plain, cached, counted, vectors, share } = await makeEngines(["none"]);
    const input = drawInput(5, { sampleShape });
    expect(await step(cached, vectors, input)).toEqual(await step(plain, vectors, input));
    expect(counted.rows).toBe(0);
    await step(cached, vectors, identify(input, [0, 1, 2, 3, 4]));
    await step(cached, vectors, identify(input, [0, 1, 2, 3, 4], 6));
    expect(counted.rows).toBe(32);
    vectors.state[0] = (vectors.state[0] ?? 0) + 1;
    share();
    expect(await step(cached, vectors, identify(input, [0, 1, 2, 3, 4], 6))).toEqual(await step(plain, vectors, input));
    expect(counted.rows).toBe(48);
    await plain.close();
    await cached.close();
  });
});

describe("prepareModel()", () => {
  test("finds no frozen part where there is none to compute once", async () => {
    for (const model of [
      slimResNet18({ inputShape: [8, 8, 3] }),
      onnxModel({ path, inputShape: sampleShape, trainable: ["stem.0.weight"] }),
    ]) {
      const { topology } = flattenWeights(model);
      model.dispose();
      expect(await prepareModel("onnxruntime", topology)).not.toHaveProperty("frozenPart");
    }
  });
});

describe("FeatureStore", () => {
  test("keeps a row once, finds it from another replica, and holds no more than there is room for", () => {
    const features = shareFeatures(2, 4);
    const [store, other] = [new FeatureStore(features), new FeatureStore(features)];
    for (let row = 0; row < 5; row++) store.write(5, row, Float32Array.of(row, -row));
    other.write(5, 1, Float32Array.of(9, 9));
    const found = new Float32Array(2);
    expect([...Array(6).keys()].map((row) => other.read(5, row, found) && [...found])).toEqual([
      [0, -0],
      [1, -1],
      [2, -2],
      [3, -3],
      false,
      false,
    ]);
    expect(other.has(6, 0)).toBe(false);
    expect(other.read(7, 0, found)).toBe(false);
    expect([features.counts[FeatureWord.found], features.counts[FeatureWord.computed]]).toEqual([4, 3]);
  });
});
