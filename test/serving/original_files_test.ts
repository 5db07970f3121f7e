import { afterAll, describe, expect, test } from "bun:test";
import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { flattenWeights } from "../../src/models/model_snapshot.ts";
import { onnxModel } from "../../src/models/onnx_model.ts";
import { exportModel } from "../../src/onnx/export/export_model.ts";
import { ExportSession } from "../../src/onnx/export/export_session.ts";
import { findLargestColumn } from "../../src/onnx/export/largest_column.ts";
import { encodeModel } from "../../src/onnx/file/encode_model.ts";
import { createOnnxModel, int } from "../../src/onnx/file/onnx_model.ts";
import { parseTopology } from "../../src/onnx/topology/parse_topology.ts";
import { connect } from "../../src/serving/client/connect.ts";
import { serve } from "../../src/serving/serve.ts";
import { makeNpy } from "../support/made_files.ts";
import { makeFolder, removeFolders } from "../support/made_idx.ts";
import { makeNode, makeTensor } from "../support/made_onnx.ts";
import { readExperience } from "./feedback/served_feedback.ts";
import { readJournal } from "./served_versions.ts";

afterAll(removeFolders);

const ROWS = 6;

/** An encoder that takes a mask and ids, in this order in a sample, and kinds of tokens that are 1 throughout. */
async function makeEncoder() {
  const path = new URL("../onnx/import/networks/text_encoder.legacy.onnx", import.meta.url).pathname;
  const inputs = ["attention_mask", "input_ids", "token_type_ids=1"];
  const model = onnxModel({ path, inputs, inputShape: [12], trainable: ["last:2"], numClasses: 4 });
  const { topology, parameters, state } = flattenWeights(model);
  model.dispose();
  const names = { "firn.class_names": '["a","b","c","d"]' };
  const options = { spec: parseTopology(topology), parameters, state, metadata: names };
  const samples = Array.from({ length: ROWS }, (_, row) =>
    Array.from({ length: 12 }, (_, i) => (i < 6 ? Number(i < 6 - (row % 4)) : (7 * row + 3 * i) % 20)),
  );
  const own = await ExportSession.open(exportModel(options));
  const { data } = await own.run({ data: Float32Array.from(samples.flat()), shape: [ROWS, 12] });
  await own.close();
  const logits = samples.map((_, row) => Float32Array.from(data).slice(row * 4, row * 4 + 4));
  const folder = await makeFolder({});
  await writeFile(join(folder, "experience-000.onnx"), exportModel({ ...options, original: true }));
  return { folder, samples, logits };
}

/**
 * A file whose scores are the two ids of a sample, which follow the three numbers of a mask there, times a kind that is
 * 1 throughout: with another kind or other places, others would be the largest.
 */
function makePair(): Uint8Array<ArrayBuffer> {
  const input = (name: string, width: number) => ({ name, shape: ["N" as const, width], dataType: "int64" as const });
  const toFloats = (name: string) => makeNode("Cast", [name], `${name}_floats`, { to: int(1) });
  const inputs = [input("ids", 2), input("mask", 3), input("kinds", 1)];
  const weight = { ...makeTensor("weight", [3, 2]), bytes: new Uint8Array(new Float32Array(6).buffer) };
  const graph = {
    name: "pair",
    nodes: [
      ...inputs.map(({ name }) => toFloats(name)),
      makeNode("Mul", ["ids_floats", "kinds_floats"], "kept"),
      makeNode("MatMul", ["mask_floats", "weight"], "nothing"),
      makeNode("Add", ["kept", "nothing"], "scores"),
    ],
    initializers: [weight],
    inputs,
    outputs: [{ name: "scores", shape: ["N" as const, 2], dataType: "float32" as const }],
  };
  const places = [{ from: 3 }, { from: 0 }, { fill: 1 }];
  const form = {
    inputs: inputs.map(({ name, shape, dataType }, i) => ({ name, shape: shape.slice(1), dataType, place: places[i] })),
    output: "scores",
    change: "none",
    probabilities: [],
  };
  const metadata = { "firn.class_names": '["a","b"]', "firn.original": JSON.stringify(form) };
  return encodeModel(createOnnxModel(graph, { metadata }));
}

describe("a file that left as its network came", () => {
  test("answers a client that gives samples as the data has them, by its own inputs of whole numbers", async () => {
    const { folder, samples, logits } = await makeEncoder();
    await using serving = await serve({ models: [{ path: folder, name: "texts" }] });
    const described = await (await fetch(`${serving.url}/v2/models/texts`)).json();
    const types = described.inputs.map((input: { name: string; datatype: string }) => [input.name, input.datatype]);
    expect(Object.fromEntries(types)).toEqual({
      input_ids: "INT64",
      attention_mask: "INT64",
      token_type_ids: "INT64",
    });
    const client = connect(serving.url);
    const { predictions } = await client.infer(samples);
    for (const [row, { logits: answered, label }] of predictions.entries()) {
      for (const [column, value] of (logits[row] ?? []).entries()) expect(answered[column]).toBeCloseTo(value, 5);
      expect(label).toBe("abcd"[findLargestColumn(logits[row] ?? new Float32Array(0))]);
    }
    const refused = (value: number) => client.infer([[...(samples[0]?.slice(1) ?? []), value]]);
    await expect(refused(0.5)).rejects.toThrow('whole numbers up to 16777216 as "input_ids", got 0.5');
    await expect(refused(2 ** 24 + 2)).rejects.toThrow("got 16777218");
    await expect(client.infer([[1, 2]])).rejects.toThrow("a sample must have 12 values, got 2 in sample 0");
  });

  test("is measured by the gate on samples as the data has them", async () => {
    const samples = Array.from({ length: ROWS }, (_, row) => [1, row % 2, 7, row % 3, (2 * row) % 5]);
    const folder = await makeFolder({ "experience-000.onnx": makePair() });
    const gate = await makeFolder({});
    const targets = samples.map(([, , , first = 0, second = 0]) => Number(second > first));
    expect(new Set(targets).size).toBe(2);
    // One of them is told wrong.
    targets[0] = 1 - (targets[0] ?? 0);
    await mkdir(join(gate, "experience-000"));
    const write = (rows: readonly (readonly number[])[]) =>
      writeFile(join(gate, "experience-000", "x.npy"), makeNpy(rows.flat(), { shape: [ROWS, rows[0]?.length ?? 0] }));
    await write(samples);
    await writeFile(join(gate, "experience-000", "y.npy"), makeNpy(targets, { descr: "<i8" }));
    const models = [{ path: folder, name: "pair", gate }];
    await using serving = await serve({ models });
    const [promoted] = await readJournal(folder);
    expect(promoted).toMatchObject({ event: "promoted", accuracies: [{ experience: 0, accuracy: 5 / 6 }] });
    await serving.close();
    await write(samples.map((row) => row.slice(1)));
    await expect(serve({ models })).rejects.toThrow("ids, mask take 5 values, got 4");
    await write(samples.map((row) => row.map((value) => value / 2)));
    const other = join(await makeFolder({}), "journal.jsonl");
    await using strict = await serve({ models, journal: other });
    const listed = await (await fetch(`${strict.url}/v2/models/pair/versions`)).json();
    expect(listed.versions[0].reason).toMatch(/held samples of experience 0: ".*" takes whole numbers, got \d\.5/);
  });

  test("gives feedback in the order of the data's axes, and refuses what was laid flat", async () => {
    const network = (change: string) => {
      const inputs = [{ name: "pixels", shape: [2, 2, 3], dataType: "float32", place: { from: 0 } }];
      const form = { inputs, output: "scores", change, probabilities: [] };
      const graph = {
        name: "made",
        nodes: [
          makeNode("Flatten", ["pixels"], "flat", { axis: int(1) }),
          makeNode("Gemm", ["flat", "weight", "bias"], "scores"),
        ],
        initializers: [makeTensor("weight", [12, 2]), makeTensor("bias", [2])],
        inputs: [{ name: "pixels", shape: ["N" as const, 2, 2, 3], dataType: "float32" as const }],
        outputs: [{ name: "scores", shape: ["N" as const, 2], dataType: "float32" as const }],
      };
      const metadata = {
        "firn.class_names": '["ant","bee"]',
        "firn.normalization": JSON.stringify({ scale: 1 / 255, mean: [0.5, 0.25], std: [0.5, 0.2] }),
        "firn.original": JSON.stringify(form),
      };
      return encodeModel(createOnnxModel(graph, { metadata }));
    };
    const path = await makeFolder({ "experience-000.onnx": network("channelsFirst") });
    const folder = join(await makeFolder({}), "data");
    await using serving = await serve({ models: [{ path, name: "made", feedback: folder }] });
    const client = connect(serving.url);
    // Pixel p of channel c is 10 · p + 100 · c.
    const normal = (pixel: number, c: number) => (pixel / 255 - (c ? 0.25 : 0.5)) / (c ? 0.2 : 0.5);
    const first = [0, 1].flatMap((c) => [0, 1, 2, 3, 4, 5].map((p) => normal(10 * p + 100 * c, c)));
    for (let i = 0; i < 3; i++) await client.feedback({ x: [first], labels: ["ant"] });
    await client.closeFeedback();
    const { shape, x, isBytes } = await readExperience(join(folder, "feedback-0001"));
    expect({ shape, isBytes }).toEqual({ shape: [3, 2, 3, 2], isBytes: true });
    expect(x.slice(0, 12)).toEqual([0, 100, 10, 110, 20, 120, 30, 130, 40, 140, 50, 150]);

    const flat = await makeFolder({ "experience-000.onnx": network("flatten") });
    await using other = await serve({ models: [{ path: flat, name: "flat", feedback: join(flat, "data") }] });
    const told = connect(other.url).feedback({ x: [first], labels: ["ant"] });
    await expect(told).rejects.toThrow("this file takes them flat: serve the run's own file");
  });
});
