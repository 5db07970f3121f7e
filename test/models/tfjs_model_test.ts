import { afterAll, describe, expect, test } from "bun:test";
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import * as tf from "@tensorflow/tfjs";
import { listModelVariables } from "../../src/engine/tfjs/model_variables.ts";
import { flattenWeights } from "../../src/models/model_snapshot.ts";
import type { TfjsModelOptions } from "../../src/models/options.ts";
import { tfjsModel } from "../../src/models/tfjs_model.ts";
import { catchError } from "../engine/engine_fixtures.ts";

const KERAS = fileURLToPath(new URL("layers_file/keras/", import.meta.url));
const folder = mkdtempSync(join(tmpdir(), "firn-tfjs-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** What Keras said of a network: see scripts/peers/keras_networks.py. */
interface Recorded {
  readonly samples: number[];
  readonly outputs: number[];
}

function readRecorded(name: string): Recorded {
  return JSON.parse(readFileSync(join(KERAS, name, "recorded.json"), "utf8"));
}

async function names(options: TfjsModelOptions) {
  const model = await tfjsModel(options);
  const { layout } = listModelVariables(model);
  const output = model.outputs[0]?.shape;
  const { parameters } = flattenWeights(model);
  model.dispose();
  return { trained: layout.entries.map(({ name }) => name), output, parameters };
}

/** Saves a model as TF.js does, its weights in shards of 100 bytes. */
async function saveModel(name: string, model: tf.LayersModel): Promise<string> {
  const out = join(folder, name);
  mkdirSync(out);
  const save = tf.io.withSaveHandler(async ({ modelTopology, weightSpecs, weightData }) => {
    const bytes = new Uint8Array(tf.io.CompositeArrayBuffer.join(weightData));
    const paths = Array.from({ length: Math.ceil(bytes.length / 100) }, (_, i) => `shard${i}.bin`);
    for (const [i, path] of paths.entries()) writeFileSync(join(out, path), bytes.subarray(100 * i, 100 * i + 100));
    const json = { format: "layers-model", modelTopology, weightsManifest: [{ paths, weights: weightSpecs }] };
    writeFileSync(join(out, "model.json"), JSON.stringify(json));
    return { modelArtifactsInfo: { dateSaved: new Date(0), modelTopologyType: "JSON" } };
  });
  await model.save(save);
  return out;
}

/** A copy of Keras's smallest network with something else in its model.json. */
function spoil(
  name: string,
  change: (json: { weightsManifest: { weights: object[] }[] } & Record<string, unknown>) => void,
) {
  const out = join(folder, name);
  cpSync(join(KERAS, "recurrent"), out, { recursive: true });
  const json = JSON.parse(readFileSync(join(out, "model.json"), "utf8"));
  change(json);
  writeFileSync(join(out, "model.json"), JSON.stringify(json));
  return { path: out };
}

describe("tfjsModel()", () => {
  for (const name of ["mobilenet", "nested", "recurrent"]) {
    test(`answers as Keras does, when the converter wrote the network ${name}`, async () => {
      const { samples, outputs } = readRecorded(name);
      const model = await tfjsModel({ path: join(KERAS, name), head: "keep" });
      const x = tf.tensor(samples, [4, ...(model.inputs[0]?.shape.slice(1).map(Number) ?? [])]);
      const found = await [model.predict(x)].flat()[0]?.data();
      for (const [i, wanted] of outputs.entries()) expect(found?.[i]).toBeCloseTo(wanted, 5);
      model.dispose();
      x.dispose();
    });
  }

  test("gives the model back that TF.js has saved, in several shards, by its folder or its model.json", async () => {
    const made = tf.sequential({
      layers: [
        tf.layers.conv2d({ inputShape: [5, 5, 1], filters: 2, kernelSize: 3, trainable: false }),
        tf.layers.flatten(),
        tf.layers.dense({ units: 4, activation: "softmax" }),
      ],
    });
    const path = await saveModel("saved", made);
    for (const given of [path, join(path, "model.json")]) {
      const model = await tfjsModel({ path: given, head: "keep" });
      expect(flattenWeights(model)).toMatchObject({
        parameters: flattenWeights(made).parameters,
        state: flattenWeights(made).state,
      });
      model.dispose();
    }
  });

  test("puts a new classifier in the place of the file's, drawn by the seed, and freezes what was not chosen", async () => {
    const path = join(KERAS, "mobilenet");
    const whole = await names({ path, numClasses: 7 });
    expect(whole.output).toEqual([null, 7]);
    expect(whole.trained.slice(-2)).toEqual(["classifier/kernel", "classifier/bias"]);
    expect(whole.trained).not.toContain("stem_bn/gamma");
    const other = await names({ path, numClasses: 7, seed: 1 });
    expect(other.parameters.subarray(0, -63)).toEqual(whole.parameters.subarray(0, -63));
    expect(other.parameters).not.toEqual(whole.parameters);
    const chosen = await names({ path, trainable: ["last:1", "stem_bn"] });
    expect(chosen.trained).toEqual([
      "stem_bn/gamma",
      "stem_bn/beta",
      "second_pw_bn/gamma",
      "second_pw_bn/beta",
      "classifier/kernel",
      "classifier/bias",
    ]);
    const kept = await names({ path, head: "keep", trainable: ["predictions"] });
    expect(kept.trained).toEqual(["predictions/kernel", "predictions/bias"]);
  });

  test("puts heads that grow there, behind a layer of choice", async () => {
    const path = join(KERAS, "nested");
    const grown = await names({ path, features: "flat", incremental: true, trainable: ["none"] });
    expect(grown).toMatchObject({ output: [null, 2], trained: ["classifier/kernel", "classifier/bias"] });
    expect(grown.parameters).toHaveLength(2 * 54 + 2);
    const model = await tfjsModel({ path, multiHead: true });
    expect(model.inputs.map(({ shape }) => shape)).toEqual([[null, 10, 10, 1], [null]]);
    model.dispose();
  });

  test("takes lengths that the file leaves open from the data", async () => {
    const layers = [tf.layers.conv2d({ inputShape: [null, null, 3], filters: 2, kernelSize: 3 })];
    const open = tf.sequential({
      layers: [...layers, tf.layers.globalAveragePooling2d({}), tf.layers.dense({ units: 2 })],
    });
    const path = await saveModel("open", open);
    const model = await tfjsModel({ path, inputShape: [8, 6, 3] });
    expect(model.inputs[0]?.shape).toEqual([null, 8, 6, 3]);
    model.dispose();
  });

  test("refuses what it cannot make a model of, in one sentence", async () => {
    const path = join(KERAS, "mobilenet");
    const cases: [TfjsModelOptions, RegExp][] = [
      [{ path: join(folder, "nowhere") }, /^Error: \/.*\/nowhere: there is no such file or folder$/],
      [{ path, trainable: ["block*"] }, /mobilenet: trainable=block\* fits none of its weights: stem, /],
      [{ path, features: "poll" }, /mobilenet: features: .*did you mean pool\?/],
      [{ path, head: "keep", incremental: true }, /a head that grows requires head=replace/],
      [spoil("graph", (json) => Object.assign(json, { format: "graph-model" })), /layers-model .*, got "graph-model"/],
      [spoil("none", (json) => delete json.modelTopology), /none is no model.json of TF.js: modelTopology/],
      [
        spoil("quantized", ({ weightsManifest: [group] }) =>
          Object.assign(group?.weights[0] ?? {}, { quantization: {} }),
        ),
        /weights that are not quantized/,
      ],
      [
        spoil("fewer", ({ weightsManifest: [group] }) => group?.weights.pop()),
        /needs 1440 bytes of weights in .*got 1504/,
      ],
      [
        spoil("renamed", ({ weightsManifest: [group] }) =>
          Object.assign(group?.weights[0] ?? {}, { name: "other/kernel" }),
        ),
        /its weights do not fit its layers: .*other\/kernel/,
      ],
    ];
    for (const [options, message] of cases) expect(String(await catchError(tfjsModel(options)))).toMatch(message);
  });

  test("refuses settings that TF.js would pass over, and layers that it does not know, by the layer's name", async () => {
    const change = (name: string, from: string, to: string) => {
      const spoilt = spoil(name, () => undefined);
      const file = join(spoilt.path, "model.json");
      writeFileSync(file, readFileSync(file, "utf8").replaceAll(from, to));
      return spoilt;
    };
    const cases: [TfjsModelOptions, RegExp][] = [
      [
        change("major", '"time_major":false', '"time_major":true'),
        /layer "gru" of class GRU: time_major is true, which/,
      ],
      [
        change("after", '"reset_after":false', '"reset_after":true'),
        /after: its weights do not fit its layers: .*shape/i,
      ],
      [
        change("class", '"class_name":"Dense"', '"class_name":"Sparse"'),
        /class: TF.js needs layer classes .* got "Sparse"/,
      ],
      [change("keras3", '"batch_input_shape"', '"batch_shape"'), /keras3 is written by Keras 3/],
    ];
    for (const [options, message] of cases) expect(String(await catchError(tfjsModel(options)))).toMatch(message);
  });
});
