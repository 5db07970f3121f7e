import { afterAll, describe, expect, test } from "bun:test";
import { createHash } from "node:crypto";
import { cp, readdir, readFile, rm, stat, writeFile } from "node:fs/promises";
import { basename, join } from "node:path";
import { fileURLToPath } from "node:url";
import type * as tf from "@tensorflow/tfjs";
import { readEnding } from "../../../scripts/faults/run_ending.ts";
import { elementAt } from "../../../src/core/element_at.ts";
import { RefusalError } from "../../../src/core/errors/errors.ts";
import { LwF } from "../../../src/methods/lwf/lwf_plugin.ts";
import { flattenWeights } from "../../../src/models/model_snapshot.ts";
import { onnxModel } from "../../../src/models/onnx_model.ts";
import { tfjsModel } from "../../../src/models/tfjs_model.ts";
import { findWeightsOrigin } from "../../../src/models/weights_origin.ts";
import { decodeCheckpoint, encodeCheckpoint, openCheckpoint } from "../../../src/runs/checkpoints/checkpoint_codec.ts";
import { WeightsFileRefusal } from "../../../src/runs/checkpoints/weights_file_refusal.ts";
import { createTrainingRun, type ResumeOptions, resumeTrainingRun } from "../../../src/runs/create_training_run.ts";
import { createModelFromRun } from "../../../src/runs/models/create_kept_model.ts";
import { readCheckpoint } from "../../../src/runs/models/file_weights.ts";
import { readKeptModel } from "../../../src/runs/models/find_kept_model.ts";
import { encodeModel } from "../../../src/runs/models/kept_model.ts";
import type { RunParts } from "../../../src/runs/options/training_run_options.ts";
import { makeFolder, removeFolders } from "../../support/made_idx.ts";
import { writeRowNetwork } from "../../support/made_onnx.ts";
import { prepareCopies } from "../copied_run.ts";
import { makeBenchmark, makeStrategyOptions } from "../made_run.ts";

afterAll(removeFolders);

/** Of the frozen weights alone: 6 · 2000 + 2000 + 2000 · 16 + 16 floats. */
const FROZEN_BYTES = 4 * (6 * 2000 + 2000 + 2000 * 16 + 16);

/** A norm and a new classifier are trained: LwF keeps a copy of the network beside. */
function makeOptions(
  path: string,
  directory: string,
  model = () => onnxModel({ path, ...MODEL }),
): ResumeOptions<object> {
  return {
    benchmark: makeBenchmark(),
    directory,
    config: {},
    exportsModels: false,
    checkpointEvery: { kind: "iterations", iterations: 3 },
    createStrategy: (parts: RunParts) =>
      new LwF({ ...makeStrategyOptions(parts), model: model(), alpha: 1, temperature: 2 }),
  };
}

const MODEL = { trainable: ["norm.*"], numClasses: 4, inputShape: [6] };

/** A finished run, and copies of its folder at the beginning and in the middle of each experience. */
async function makeRun(takesBytes = false) {
  const path = await writeRowNetwork();
  const { directory, copies, copier } = await prepareCopies(["beforeTrainingExp", "afterTrainingEpoch"]);
  const bytes = await readFile(path);
  const makeModel = () => onnxModel({ ...(takesBytes ? { bytes } : { path }), ...MODEL });
  const options = makeOptions(path, directory, makeModel);
  const createStrategy = (parts: RunParts) =>
    options.createStrategy({ ...parts, plugins: [...parts.plugins, { ...copier, name: "copier" }] });
  await using run = await createTrainingRun({ ...options, createStrategy });
  await run.train();
  const weights = run.strategy.model.getWeights().map((weight) => [...weight.dataSync()]);
  return { path, directory, copies, weights, makeModel };
}

async function listCheckpoints(directory: string): Promise<string[]> {
  const names = await readdir(join(directory, "checkpoints")).catch(() => []);
  return names.toSorted().map((name) => join(directory, "checkpoints", name));
}

function hash(bytes: Uint8Array): string {
  return createHash("sha256").update(bytes).digest("hex");
}

/** Another number in a weight: the file stays an ONNX model. */
async function changeFile(path: string): Promise<void> {
  const bytes = await readFile(path);
  const at = bytes.length >> 1;
  bytes[at] = elementAt(bytes, at) ^ 1;
  await writeFile(path, bytes);
}

async function catchSentence(act: Promise<unknown>): Promise<string> {
  const error = await act.catch((caught: unknown) => caught);
  expect(error).toBeInstanceOf(RefusalError);
  return error instanceof Error ? error.message : "";
}

describe("a run on a network from a file", () => {
  test("keeps checkpoints that name the file, without the weights that are not trained", async () => {
    const { path, directory, copies } = await makeRun();
    const checkpoints = await listCheckpoints(directory);
    const inside = (await Promise.all(copies.map(listCheckpoints))).flat();
    expect(checkpoints.length).toBeGreaterThan(1);
    for (const checkpoint of [...checkpoints, ...inside]) {
      const bytes = await readFile(checkpoint);
      expect(bytes.length).toBeLessThan(FROZEN_BYTES / 8);
      const { weightsFile } = openCheckpoint(bytes);
      expect(weightsFile).toMatchObject({ kind: "onnx", path, sha256: hash(await readFile(path)) });
    }
  }, 60_000);

  test("goes on from any of them with the same bits, also from one that holds all weights", async () => {
    const { path, directory, copies } = await makeRun();
    const ending = await readEnding(directory);
    // One that an earlier version wrote.
    const older = join(await makeFolder({}), "older");
    const last = copies.at(-1) ?? "";
    await cp(last, older, { recursive: true });
    for (const checkpoint of await listCheckpoints(older)) {
      const { state } = await readCheckpoint(await readFile(checkpoint));
      await writeFile(checkpoint, encodeCheckpoint(state));
      expect((await stat(checkpoint)).size).toBeGreaterThan(FROZEN_BYTES);
    }
    for (const copy of [...copies, older]) {
      const options = makeOptions(path, copy);
      const createStrategy = (parts: RunParts) =>
        options.createStrategy({ ...parts, plugins: [...parts.plugins, { name: "copier" }] });
      await using run = await resumeTrainingRun({ ...options, createStrategy });
      await run.train();
      await run.close();
      expect(await readEnding(copy)).toEqual(ending);
    }
  }, 60_000);

  test("gives its whole model to another run, whose checkpoints name the file, too", async () => {
    const { path, directory, weights } = await makeRun();
    const { model } = await createModelFromRun(directory);
    expect(model.getWeights().map((weight) => [...weight.dataSync()])).toEqual(weights);
    const next = join(await makeFolder({}), "next");
    await using run = await createTrainingRun(makeOptions(path, next, () => model));
    await run.train();
    for (const checkpoint of await listCheckpoints(next)) {
      expect((await stat(checkpoint)).size).toBeLessThan(FROZEN_BYTES / 8);
    }
    const [checkpoint = ""] = await listCheckpoints(directory);
    const kept = await readKeptModel(checkpoint);
    const bytes = encodeModel(kept);
    expect(bytes.length).toBeLessThan(FROZEN_BYTES / 8);
    const copy = join(directory, "copy.safetensors");
    await writeFile(copy, bytes);
    expect((await readKeptModel(copy)).layerState).toEqual(kept.layerState);
  }, 60_000);

  test("is refused in one sentence, and left as it is, where the file has changed or is missing", async () => {
    const { path, directory, copies } = await makeRun();
    const [copy = ""] = copies.slice(-1);
    const list = async () => {
      const names = (await readdir(copy, { recursive: true })).toSorted();
      const infos = await Promise.all(names.map((name) => stat(join(copy, name))));
      return names.map((name, i) => [name, infos[i]?.mtimeMs]);
    };
    const [before, sha256] = [await list(), hash(await readFile(path))];
    await changeFile(path);
    const now = hash(await readFile(path));
    const sentence = `the weights that are not trained stand in ${path} of SHA-256 "${sha256}", and ${path} has "${now}" now: put back the file as it was`;
    const [newest = ""] = (await listCheckpoints(copy)).slice(-1);
    const refused = resumeTrainingRun(makeOptions(path, copy));
    expect(await catchSentence(refused)).toBe(`${basename(newest)}: ${sentence}`);
    expect(await catchSentence(createModelFromRun(directory))).toContain(sentence);
    await rm(path);
    expect(await catchSentence(resumeTrainingRun(makeOptions(path, copy)))).toContain("there is no such file");
    expect(await catchSentence(createModelFromRun(directory))).toContain(
      `the weights that are not trained stand in ${path}, which cannot be used: ${path}: there is no such file or folder`,
    );
    expect(await list()).toEqual(before);
  }, 60_000);

  test("keeps the weights in its checkpoints that somebody set", async () => {
    const path = await writeRowNetwork();
    const model = onnxModel({ path, ...MODEL });
    const frozen = model.getLayer("frozen");
    const [first, ...others] = frozen.getWeights();
    if (!first) throw new Error("there are no frozen weights");
    frozen.setWeights([first.mul(2), ...others]);
    const wanted = flattenWeights(model).state;
    const directory = join(await makeFolder({}), "run");
    await using run = await createTrainingRun(makeOptions(path, directory, () => model));
    await run.train();
    const [newest = ""] = (await listCheckpoints(directory)).slice(-1);
    const { layerState } = await readKeptModel(newest);
    const doubled = first.size;
    expect(layerState.subarray(0, doubled)).toEqual(wanted.subarray(0, doubled));
    expect((await stat(newest)).size).toBeGreaterThan(4 * doubled);
  }, 60_000);
});

describe("a run on a network that came from no file", () => {
  test("keeps what is not trained in one file of its folder, and goes on with the same bits", async () => {
    const { path, directory, copies, weights, makeModel } = await makeRun(true);
    const kept = await stat(join(directory, "frozen_weights.safetensors"));
    expect(kept.size).toBeGreaterThan(FROZEN_BYTES);
    const checkpoints = (await Promise.all([directory, ...copies].map(listCheckpoints))).flat();
    expect(checkpoints.length).toBeGreaterThan(4);
    for (const checkpoint of checkpoints) expect((await stat(checkpoint)).size).toBeLessThan(FROZEN_BYTES / 8);
    const ending = await readEnding(directory);
    for (const [i, copy] of copies.entries()) {
      const name = join(copy, "frozen_weights.safetensors");
      const before = await readFile(name).catch(() => undefined);
      expect(before === undefined).toBe(i === 0);
      // The last one goes on with a model from a file that it can name.
      const options = makeOptions(path, copy, i === copies.length - 1 ? undefined : makeModel);
      const createStrategy = (parts: RunParts) =>
        options.createStrategy({ ...parts, plugins: [...parts.plugins, { name: "copier" }] });
      await using run = await resumeTrainingRun({ ...options, createStrategy });
      await run.train();
      await run.close();
      expect(await readEnding(copy)).toEqual(ending);
      // Older checkpoints go by the file as it was, though moving statistics have moved since.
      if (before) expect((await readFile(name)).equals(before)).toBe(true);
      for (const checkpoint of await listCheckpoints(copy)) {
        expect((await stat(checkpoint)).size).toBeLessThan(FROZEN_BYTES / 8);
      }
    }
    const { model } = await createModelFromRun(directory);
    expect(model.getWeights().map((weight) => [...weight.dataSync()])).toEqual(weights);
    // Another run does not lean on this folder.
    const [newest = ""] = (await listCheckpoints(directory)).slice(-1);
    expect(encodeModel(await readKeptModel(newest)).length).toBeGreaterThan(FROZEN_BYTES);
  }, 60_000);

  test("is refused in one sentence where that file is another one, damaged or missing", async () => {
    const [one, other] = [await makeRun(true), await makeRun(true)];
    const [copy = ""] = one.copies.slice(-1);
    const name = "frozen_weights.safetensors";
    const resume = () => catchSentence(resumeTrainingRun(makeOptions(one.path, copy, one.makeModel)));
    const subject = `the weights that are not trained stand in ${join(copy, name)}, which`;
    const options = makeOptions(one.path, join(await makeFolder({}), "run"), () => {
      const model = one.makeModel();
      const [first, ...others] = model.getLayer("frozen").getWeights();
      if (first) model.getLayer("frozen").setWeights([first.mul(2), ...others]);
      return model;
    });
    await using run = await createTrainingRun(options);
    await run.train();
    await cp(join(options.directory, name), join(copy, name));
    expect(await resume()).toContain(`${subject} holds those of another run: put back the file as it was`);
    await changeFile(join(copy, name));
    expect(await resume()).toContain(`${subject} cannot be used: damaged checkpoint`);
    await rm(join(copy, name));
    expect(await resume()).toContain(`${subject} cannot be used: ${join(copy, name)}: there is no such file`);
    await cp(join(other.directory, name), join(copy, name));
    const strategy = makeOptions(one.path, copy, one.makeModel).createStrategy;
    const createStrategy = (parts: RunParts) => strategy({ ...parts, plugins: [...parts.plugins, { name: "copier" }] });
    await using resumed = await resumeTrainingRun({ ...makeOptions(one.path, copy, one.makeModel), createStrategy });
    await resumed.train();
    expect(await readEnding(copy)).toEqual(await readEnding(one.directory));
    await expect(createTrainingRun(makeOptions(one.path, copy, one.makeModel))).rejects.toThrow("holds another run");
  }, 60_000);
});

describe("readCheckpoint()", () => {
  const here = (name: string) => fileURLToPath(new URL(`../../${name}`, import.meta.url));
  const cases: readonly [string, (path: string) => tf.LayersModel | Promise<tf.LayersModel>, string][] = [
    [
      here("onnx/import/networks/resnet.legacy.onnx"),
      (path) => onnxModel({ path, trainable: ["layer2.*"], inputShape: [12, 12, 3] }),
      "",
    ],
    [here("models/layers_file/keras3/vision.keras"), (path) => tfjsModel({ path, trainable: ["last:1"] }), ""],
    [
      here("models/layers_file/keras/recurrent"),
      (path) => tfjsModel({ path, trainable: ["none"] }),
      "group1-shard1of1.bin",
    ],
  ];
  for (const [source, makeModel, part] of cases) {
    test(`takes what ${basename(source)} holds from it, and refuses it where it has changed`, async () => {
      const path = join(await makeFolder({}), basename(source));
      await cp(source, path, { recursive: true });
      const model = await makeModel(path);
      const { state, stateLayout: layout } = flattenWeights(model);
      const origin = findWeightsOrigin(model);
      model.dispose();
      if (!origin) throw new Error("the model has no origin");
      const whole = { state, other: Float32Array.of(1, 2) };
      const bytes = encodeCheckpoint(whole, { origin, layout });
      expect(bytes.length).toBeLessThan(encodeCheckpoint(whole).length);
      expect((await readCheckpoint(bytes)).state).toEqual(whole);
      expect(() => decodeCheckpoint(bytes)).toThrow(`${path}: the weight "`);
      await changeFile(join(path, part));
      await expect(readCheckpoint(bytes)).rejects.toBeInstanceOf(WeightsFileRefusal);
    });
  }
});
