import { afterAll, describe, expect, test } from "bun:test";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import * as tf from "@tensorflow/tfjs";
import { readZip } from "../../src/core/archives/zip_reader.ts";
import type { Engine } from "../../src/engine/engine.ts";
import { createOnnxruntimeEngine } from "../../src/engine/onnxruntime/onnxruntime_engine.ts";
import { listModelVariables } from "../../src/engine/tfjs/model_variables.ts";
import { listRegularizers } from "../../src/engine/tfjs/regularizers.ts";
import { createTfjsEngine } from "../../src/engine/tfjs/tfjs_engine.ts";
import { flattenWeights } from "../../src/models/model_snapshot.ts";
import { tfjsModel } from "../../src/models/tfjs_model.ts";
import { parseTopology } from "../../src/onnx/topology/parse_topology.ts";
import { catchError, computeGradient, computeOutputs, drawInput } from "../engine/engine_fixtures.ts";
import { makeZip } from "../support/made_files.ts";

const KERAS = fileURLToPath(new URL("layers_file/keras3/", import.meta.url));
const folder = mkdtempSync(join(tmpdir(), "firn-keras-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** What Keras said of a network: see scripts/peers/keras_files.py. */
interface Recorded {
  readonly samples: number[];
  readonly outputs: number[];
  readonly trainingOutputs?: number[];
  readonly movedStatistics?: number[];
  readonly labels?: number[];
  readonly loss?: number;
  readonly gradient?: number[];
}

/** Networks that TF.js by itself does not compute as Keras does, and what its engine says where it cannot either. */
const OTHERS: Readonly<Record<string, RegExp | undefined>> = {
  masked: undefined,
  merged:
    /layer ".*" in TF.js needs sequences with the same mask, or none \(--engine onnxruntime trains it\), got "masks"/,
  filled: /layer "self" in TF.js needs sequences without masks \(--engine onnxruntime trains it\), got "a mask"$/,
  places: /layer "larger" in TF.js needs no transposed convolution of volumes \(--engine onnxruntime trains it\)/,
};

function readRecorded(name: string): Recorded {
  return JSON.parse(readFileSync(join(KERAS, `${name}.json`), "utf8"));
}

describe("tfjsModel() of a .keras file", () => {
  for (const name of ["vision", "words", "volumes", "signals", "encoder"]) {
    test(`answers as Keras does, in both engines, when the network is ${name}`, async () => {
      const { samples, outputs } = readRecorded(name);
      const model = await tfjsModel({ path: join(KERAS, `${name}.keras`), head: "keep" });
      const sampleShape = model.inputs[0]?.shape.slice(1).map(Number) ?? [];
      const x = tf.tensor(samples, [4, ...sampleShape]);
      const byTfjs = await [model.predict(x)].flat()[0]?.data();
      const { topology, parameters, state } = flattenWeights(model);
      const engine = await createOnnxruntimeEngine({ spec: parseTopology(topology) });
      const input = drawInput(4, { x: { data: new Float32Array(samples), shape: [4, ...sampleShape] }, mode: "eval" });
      const byOnnxruntime = await computeOutputs(engine, { parameters, state }, input);
      for (const [i, wanted] of outputs.entries()) {
        expect(byTfjs?.[i]).toBeCloseTo(wanted, 5);
        expect(byOnnxruntime[i]).toBeCloseTo(wanted, 5);
      }
      await engine.close();
      model.dispose();
      x.dispose();
    });
  }

  for (const [name, refusal] of Object.entries(OTHERS)) {
    test(`answers as Keras does, in the engines that train it, when the network is ${name}`, async () => {
      const { samples, outputs } = readRecorded(name);
      const model = await tfjsModel({ path: join(KERAS, `${name}.keras`), head: "keep" });
      const { topology, parameters, state } = flattenWeights(model);
      const sampleShape = model.inputs[0]?.shape.slice(1).map(Number) ?? [];
      const input = drawInput(4, { x: { data: new Float32Array(samples), shape: [4, ...sampleShape] }, mode: "eval" });
      const compare = async (engine: Engine) => {
        const found = await computeOutputs(engine, { parameters, state }, input);
        for (const [i, wanted] of outputs.entries()) expect(found[i]).toBeCloseTo(wanted, 5);
        await engine.close();
      };
      await compare(await createOnnxruntimeEngine({ spec: parseTopology(topology) }));
      if (refusal) expect(String(await catchError(createTfjsEngine({ topology })))).toMatch(refusal);
      else await compare(await createTfjsEngine({ topology }));
      model.dispose();
    });
  }

  test("has Keras's gradient of merged sequences with masks of their own", async () => {
    const { samples, labels = [], loss = Number.NaN, gradient: wanted = [] } = readRecorded("merged");
    const model = await tfjsModel({ path: join(KERAS, "merged.keras"), head: "keep" });
    const { topology, parameters, state } = flattenWeights(model);
    const engine = await createOnnxruntimeEngine({ spec: parseTopology(topology) });
    const input = drawInput(4, { x: { data: new Float32Array(samples), shape: [4, 6, 3] }, mode: "train" });
    const targets = new Float32Array(labels.flatMap((label) => [0, 1, 2].map((id) => (id === label ? 1 : 0))));
    const weights = new Float32Array(4).fill(1 / 4);
    const { losses, gradient } = await computeGradient(engine, { parameters, state }, input, {
      kind: "cross-entropy",
      targets,
      weights,
    });
    expect(losses.reduce((sum, value) => sum + value / 4, 0)).toBeCloseTo(loss, 5);
    expect(wanted).toHaveLength(gradient.length);
    for (const [i, value] of wanted.entries()) expect(gradient[i]).toBeCloseTo(value, 5);
    // None is without a part in it.
    for (const { name, offset, size } of engine.layout.entries) {
      const own = wanted.slice(offset, offset + size);
      expect([name, own.some((value) => Math.abs(value) > 1e-4)]).toEqual([name, true]);
    }
    await engine.close();
    model.dispose();
  });

  test("trains a norm by the times that count, as Keras does", async () => {
    const { samples, outputs, trainingOutputs = [], movedStatistics = [] } = readRecorded("averaged");
    const model = await tfjsModel({ path: join(KERAS, "averaged.keras"), head: "keep" });
    const { topology, parameters, state } = flattenWeights(model);
    const engine = await createOnnxruntimeEngine({ spec: parseTopology(topology) });
    const x = { data: new Float32Array(samples), shape: [4, 5, 2] };
    const evaluated = await computeOutputs(engine, { parameters, state }, drawInput(4, { x, mode: "eval" }));
    const trained = await computeOutputs(engine, { parameters, state }, drawInput(4, { x, mode: "train" }));
    expect(trainingOutputs).toHaveLength(outputs.length);
    for (const [i, wanted] of outputs.entries()) expect(evaluated[i]).toBeCloseTo(wanted, 5);
    for (const [i, wanted] of trainingOutputs.entries()) expect(trained[i]).toBeCloseTo(wanted, 5);
    expect(state).toHaveLength(movedStatistics.length);
    for (const [i, wanted] of movedStatistics.entries()) expect(state[i]).toBeCloseTo(wanted, 5);
    expect(String(await catchError(createTfjsEngine({ topology })))).toMatch(/layer "norm" in TF.js needs sequences/);
    await engine.close();
    model.dispose();
  });

  test("puts a new classifier in the place of the file's, and freezes what was not chosen", async () => {
    const model = await tfjsModel({ path: join(KERAS, "vision.keras"), numClasses: 7, trainable: ["stem"] });
    expect(model.outputs[0]?.shape).toEqual([null, 7]);
    const { layout } = listModelVariables(model);
    expect(layout.entries.map(({ name }) => name)).toEqual(["stem/kernel", "classifier/kernel", "classifier/bias"]);
    expect(listRegularizers(model)).toEqual([{ weight: "stem/kernel", l1: 0, l2: 0.01 }]);
    model.dispose();
  });

  test("refuses what it cannot make a model of, in one sentence", async () => {
    const cases: [string, RegExp][] = [
      [join(folder, "nowhere.keras"), /^Error: \/.*\/nowhere\.keras: there is no such file or folder$/],
      [write("text", Buffer.from("no archive")), /^SyntaxError: text.keras: no zip archive, or a truncated one$/],
      [
        change("weightless", (files) => files.delete("model.weights.h5")),
        /^RangeError: weightless.keras needs model.weights.h5, as a file of Keras's has it, got \["metadata/,
      ],
      [change("bare", (files) => files.delete("config.json")), /bare.keras needs config.json, as a file of Keras's/],
      [edit("class", '"class_name": "SimpleRNN"', '"class_name": "Guess"'), /class.keras: TF.js needs .* got "Guess"/],
      [
        edit("own", '"class_name": "Sequential"', '"class_name": "Net"'),
        /own.keras needs a sequential or functional model, got "Net"/,
      ],
      [
        edit("shape", '"output_dim": 5', '"output_dim": 6'),
        /layer "table" of class Embedding needs a weight 0 of shape \[12, 6\], got \[12, 5\]/,
      ],
      [
        edit("bias", '"use_bias": true', '"use_bias": false'),
        /layer "both" of class Bidirectional needs 4 weights in the file, got 6/,
      ],
      [
        edit("hard", '"recurrent_activation": "sigmoid"', '"recurrent_activation": "hard_sigmoid"'),
        /is another in Keras 3/,
      ],
      [
        edit("causal", '"kwargs": {}', '"kwargs": {"use_causal_mask": true}', "encoder"),
        /layer "\w+" of class \w+ is called with use_causal_mask \(export it as ONNX\)$/,
      ],
      [
        edit("masks", '"keras_history": ["not_equal_1", 0, 0]', '"keras_history": ["masking", 0, 0]', "filled"),
        /masks.keras: layer "any" of class Any is an operator on tensors, which TF.js has no layer for/,
      ],
      [
        edit("value", '"mask_value": -1.0', '"mask_value": -2.0', "filled"),
        /value.keras: layer "not_equal_1" of class NotEqual is an operator on tensors/,
      ],
      [
        edit("taken", '"keras_history": ["flatten_3", 0, 0]', '"keras_history": ["any_1", 0, 0]', "filled"),
        /taken.keras: layer "not_equal_1" of class NotEqual is an operator on tensors/,
      ],
      [
        edit("call", '"keras_history": ["both", 0, 0]', '"keras_history": ["neither", 0, 0]', "filled"),
        /call.keras: layer "global_average_pooling1d_\d" needs calls of the model's layers, got "neither"$/,
      ],
      [
        change("damaged", (files) => files.set("model.weights.h5", Buffer.from("no HDF5"))),
        /^SyntaxError: damaged.keras, model.weights.h5: no HDF5 file$/,
      ],
    ];
    for (const [path, message] of cases) expect(String(await catchError(tfjsModel({ path })))).toMatch(message);
  });
});

/** What one of Keras's files holds, changed. */
function change(name: string, spoil: (files: Map<string, Uint8Array>) => void, source = "words"): string {
  const entries = readZip(readFileSync(join(KERAS, `${source}.keras`)), source);
  const files = new Map([...entries].map(([entry, { read }]) => [entry, read()]));
  spoil(files);
  return write(name, makeZip(Object.fromEntries(files)));
}

/** The same with another text in its config. */
function edit(name: string, from: string, to: string, source = "words"): string {
  const spoil = (files: Map<string, Uint8Array>) => {
    const text = new TextDecoder().decode(files.get("config.json"));
    expect(text).toContain(from);
    files.set("config.json", Buffer.from(text.replaceAll(from, to)));
  };
  return change(name, spoil, source);
}

function write(name: string, bytes: Uint8Array): string {
  const path = join(folder, `${name}.keras`);
  writeFileSync(path, bytes);
  return path;
}
