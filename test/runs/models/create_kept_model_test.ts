import { afterAll, describe, expect, test } from "bun:test";
import { readdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import * as tf from "@tensorflow/tfjs";
import { RefusalError } from "../../../src/core/errors/errors.ts";
import { EWC } from "../../../src/methods/ewc/ewc_plugin.ts";
import { Naive } from "../../../src/methods/naive/naive.ts";
import { decodeCheckpoint, encodeCheckpoint } from "../../../src/runs/checkpoints/checkpoint_codec.ts";
import { createTrainingRun } from "../../../src/runs/create_training_run.ts";
import { createModelFromCheckpoint, createModelFromRun } from "../../../src/runs/models/create_kept_model.ts";
import type { RunParts } from "../../../src/runs/options/training_run_options.ts";
import { saveStrategy } from "../../../src/saving/save_strategy.ts";
import { makeFolder, removeFolders } from "../../support/made_idx.ts";
import { makeBenchmark, makeStrategyOptions } from "../made_run.ts";

afterAll(removeFolders);

/** 6-8-4 with statistics of a batch normalisation, which are weights that no gradient moves. */
function makeModel(): tf.LayersModel {
  return tf.sequential({
    layers: [
      tf.layers.dense({ inputShape: [6], units: 8, activation: "relu", name: "hidden" }),
      tf.layers.batchNormalization({ name: "norm" }),
      tf.layers.dense({ units: 4, name: "classifier" }),
    ],
  });
}

function readWeights(model: tf.LayersModel): number[][] {
  return model.getWeights().map((weight) => [...weight.dataSync()]);
}

/** A finished run, and the weights that its strategy ended with. */
async function makeRun() {
  const directory = join(await makeFolder({}), "run");
  const model = makeModel();
  const createStrategy = (parts: RunParts) => new EWC({ ...makeStrategyOptions(parts), model, lambda: 1 });
  await using run = await createTrainingRun({ benchmark: makeBenchmark(), directory, createStrategy, config: {} });
  const { parametersHash } = await run.train();
  const file = join(directory, "strategy.safetensors");
  await saveStrategy(run.strategy, file);
  await run.close();
  const [newest = ""] = (await readdir(join(directory, "checkpoints"))).sort().reverse();
  const checkpoint = join(directory, "checkpoints", newest);
  return { directory, file, checkpoint, parametersHash, weights: readWeights(model) };
}

describe("createModelFromRun() and createModelFromCheckpoint()", () => {
  test("give the model with all its weights, from a run, a checkpoint and a saved strategy", async () => {
    const { directory, file, checkpoint, parametersHash, weights } = await makeRun();
    const found = [
      await createModelFromRun(directory),
      await createModelFromCheckpoint(checkpoint),
      await createModelFromCheckpoint(file),
    ];
    for (const { model, ...rest } of found) {
      expect(readWeights(model)).toEqual(weights);
      expect(rest.parametersHash).toBe(parametersHash ?? "");
    }
    expect(found.map(({ classNames }) => classNames)).toEqual(Array(3).fill(["0", "1", "2", "3"]));
    expect(weights).not.toEqual(readWeights(makeModel()));
  });

  test("give a model that another strategy trains on", async () => {
    const { directory, parametersHash } = await makeRun();
    const { model } = await createModelFromRun(directory);
    const out = join(await makeFolder({}), "next");
    const createStrategy = (parts: RunParts) => new Naive({ ...makeStrategyOptions(parts), model });
    await using run = await createTrainingRun({
      benchmark: makeBenchmark(),
      directory: out,
      createStrategy,
      config: {},
    });
    await run.strategy.start();
    const { testAccuracy: before } = JSON.parse(await readFile(join(directory, "summary.json"), "utf8")).experiences.at(
      -1,
    );
    const metrics = await run.strategy.eval(makeBenchmark().testStream.at(1));
    expect(metrics["Top1_Acc_Exp/eval_phase/test_stream/Task000/Exp001"]).toBe(before[1]);
    expect((await run.train()).parametersHash).not.toBe(parametersHash);
  });

  test("refuse what holds no model, and say where", async () => {
    const { directory, checkpoint } = await makeRun();
    const state = decodeCheckpoint(await readFile(checkpoint));
    const write = async (change: (state: object) => object) => {
      const path = join(directory, "changed.safetensors");
      await writeFile(path, encodeCheckpoint(change(Object(state))));
      const error = await createModelFromCheckpoint(path).catch((caught: unknown) => caught);
      expect(error).toBeInstanceOf(RefusalError);
      return String(error).replace(path, "FILE");
    };
    const without = await write((whole) =>
      Object.fromEntries(Object.entries(whole).filter(([key]) => key !== "model")),
    );
    expect(without).toBe("RangeError: FILE: it holds no model: an earlier version of Firn wrote it");
    const model = { topology: { class_name: "Model", config: {} }, classNames: [1] };
    expect(await write((whole) => ({ ...whole, model }))).toContain("FILE: model.classNames.0 must be");
    expect(await write(() => ({ kind: "strategy" }))).toContain("FILE: topology is missing");
    const [parameters, layerState] = [new Float32Array(3), new Float32Array(0)];
    const topology = Reflect.get(Object(Reflect.get(Object(state), "model")), "topology");
    const short = { kind: "model", version: 1, topology, classNames: [], parameters, layerState };
    expect(await write(() => short)).toBe("RangeError: FILE: the network has 124 weights, the file holds 3");
    // As wide as this, the model would take 44 GB.
    const wide = JSON.parse(JSON.stringify(topology).replace('"units":8', '"units":1000000000'));
    expect(await write(() => ({ ...short, topology: wide }))).toContain("weights, the file holds 3");
    const unknown = JSON.parse(JSON.stringify(topology).replace("BatchNormalization", "Unheard"));
    expect(await write(() => ({ ...short, topology: unknown }))).toContain("layerModules } names");
  });
});
