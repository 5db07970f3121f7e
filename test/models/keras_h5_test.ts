import { afterAll, describe, expect, test } from "bun:test";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { gunzipSync } from "node:zlib";
import fc from "fast-check";
import { RefusalError } from "../../src/core/errors/errors.ts";
import { createOnnxruntimeEngine } from "../../src/engine/onnxruntime/onnxruntime_engine.ts";
import { createTfjsEngine } from "../../src/engine/tfjs/tfjs_engine.ts";
import { readKerasH5 } from "../../src/models/layers_file/keras/keras_h5.ts";
import { flattenWeights } from "../../src/models/model_snapshot.ts";
import { tfjsModel } from "../../src/models/tfjs_model.ts";
import { parseTopology } from "../../src/onnx/topology/parse_topology.ts";
import { catchError, computeOutputs, drawInput } from "../engine/engine_fixtures.ts";

const KERAS = fileURLToPath(new URL("layers_file/", import.meta.url));
const folder = mkdtempSync(join(tmpdir(), "firn-h5-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** What Keras wrote: see scripts/peers/keras_files.py and keras_h5.py. */
function unpack(path: string): Buffer {
  return gunzipSync(readFileSync(join(KERAS, `${path}.h5.gz`)));
}

function write(name: string, bytes: Uint8Array): string {
  const path = join(folder, `${name}.h5`);
  writeFileSync(path, bytes);
  return path;
}

/** The same with another text of the same length in place of one. */
function edit(name: string, from: string, to: string): string {
  const bytes = unpack("keras3/words");
  const at = bytes.indexOf(from);
  expect([at > 0, from.length]).toEqual([true, to.length]);
  bytes.write(to, at);
  return write(name, bytes);
}

describe("tfjsModel() of an .h5 file", () => {
  for (const network of ["keras3/vision", "keras3/words", "keras2/legacy", "keras2/early"]) {
    test(`answers as Keras does, in both engines, when the network is ${network}`, async () => {
      const recorded: { samples: number[]; outputs: number[] } = JSON.parse(
        readFileSync(join(KERAS, `${network}.json`), "utf8"),
      );
      const model = await tfjsModel({ path: write("network", unpack(network)), head: "keep" });
      const sampleShape = model.inputs[0]?.shape.slice(1).map(Number) ?? [];
      const { topology, parameters, state } = flattenWeights(model);
      const data = new Float32Array(recorded.samples);
      const input = drawInput(4, { x: { data, shape: [4, ...sampleShape] }, mode: "eval" });
      const engines = [
        await createOnnxruntimeEngine({ spec: parseTopology(topology) }),
        await createTfjsEngine({ topology }),
      ];
      for (const engine of engines) {
        const found = await computeOutputs(engine, { parameters, state }, input);
        for (const [i, wanted] of recorded.outputs.entries()) expect(found[i]).toBeCloseTo(wanted, 5);
        await engine.close();
      }
      model.dispose();
    });
  }

  test("merges sequences with masks of their own as Keras 2 does, by onnxruntime", async () => {
    const recorded: { samples: number[]; outputs: number[] } = JSON.parse(
      readFileSync(join(KERAS, "keras2/merged.json"), "utf8"),
    );
    const model = await tfjsModel({ path: write("merged", unpack("keras2/merged")), head: "keep" });
    const { topology, parameters, state } = flattenWeights(model);
    const input = drawInput(4, { x: { data: new Float32Array(recorded.samples), shape: [4, 6, 3] }, mode: "eval" });
    const engine = await createOnnxruntimeEngine({ spec: parseTopology(topology) });
    const found = await computeOutputs(engine, { parameters, state }, input);
    for (const [i, wanted] of recorded.outputs.entries()) expect(found[i]).toBeCloseTo(wanted, 5);
    await engine.close();
    expect(String(await catchError(createTfjsEngine({ topology })))).toMatch(
      /in TF.js needs sequences with the same mask/,
    );
    model.dispose();
  });

  test("refuses what it cannot make a model of, in one sentence", async () => {
    const cases: [string, RegExp][] = [
      [join(folder, "nowhere.h5"), /^Error: \/.*\/nowhere\.h5: there is no such file or folder$/],
      [write("text", Buffer.from("no such file")), /^SyntaxError: text.h5: no HDF5 file$/],
      [
        edit("weights", "model_config", "model_konfig"),
        /^RangeError: weights.h5 needs a whole model, as model.save writes it, got "weights alone \(save_weights\)"$/,
      ],
      [edit("bare", '"name": "words"', '"name":: "word"'), /^SyntaxError: bare.h5: its model_config is no JSON: /],
      [edit("other", "gated/gru_cell/bias", "gated/gru_cell/bios"), /although the file names it$/],
      [
        edit("shape", '"output_dim": 5', '"output_dim": 6'),
        /layer "table" of class Embedding needs a weight 0 of shape \[12, 6\], got \[12, 5\]/,
      ],
    ];
    for (const [path, message] of cases) expect(String(await catchError(tfjsModel({ path })))).toMatch(message);
  });

  test("refuses damaged files, or reads what it can, and never fails in another way", () => {
    const whole = unpack("keras3/vision");
    const damage = fc.record({ at: fc.nat(whole.length - 1), value: fc.nat(255) });
    fc.assert(
      fc.property(fc.array(damage, { minLength: 1, maxLength: 8 }), fc.nat(whole.length), (spots, length) => {
        const bytes = whole.subarray(0, length % 2 === 0 ? whole.length : length).slice();
        for (const { at, value } of spots) if (at < bytes.length) bytes[at] = value;
        try {
          readKerasH5(write("damaged", bytes), "damaged.h5");
        } catch (error) {
          expect(error).toBeInstanceOf(RefusalError);
        }
      }),
      { numRuns: 500 },
    );
  });
});
