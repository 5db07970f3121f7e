import { describe, expect, test } from "bun:test";
import { readFileSync } from "node:fs";
import { z } from "zod";
import { findEntry, viewEntry } from "../../../src/core/parameter_layout.ts";
import { createOnnxruntimeEngine } from "../../../src/engine/onnxruntime/onnxruntime_engine.ts";
import { flattenWeights } from "../../../src/models/model_snapshot.ts";
import { onnxModel } from "../../../src/models/onnx_model.ts";
import type { OnnxModelOptions } from "../../../src/models/options.ts";
import { parseTopology } from "../../../src/onnx/topology/parse_topology.ts";
import { KEY } from "../../engine/engine_fixtures.ts";

const measuresSchema = z.record(z.string(), z.tuple([z.number(), z.number()]));
const { logits, gradients } = z
  .object({ texts: z.object({ text_encoder: z.object({ logits: z.array(z.number()), gradients: measuresSchema }) }) })
  .parse(JSON.parse(readFileSync(new URL("networks/networks.json", import.meta.url), "utf8"))).texts.text_encoder;

const [ROWS, TOKENS, CLASSES] = [3, 6, 5];

/** The texts of scripts/peers/onnx_networks.py by the names of the file's inputs, [TOKENS] of each row. */
const PARTS = {
  input_ids: (row: number, place: number) => (7 * row + 3 * place + 1) % 20,
  attention_mask: (row: number, place: number) => Number(place < TOKENS - row),
  token_type_ids: (_: number, place: number) => Number(place >= 2),
};

type Name = keyof typeof PARTS;

/** Rows of these parts, one after another. */
function makeRows(names: readonly Name[]): Float32Array {
  const rows = Array.from({ length: ROWS }, (_, row) =>
    names.flatMap((name) => Array.from({ length: TOKENS }, (_, place) => PARTS[name](row, place))),
  );
  return Float32Array.from(rows.flat());
}

function locate(exporter: string): string {
  return new URL(`networks/text_encoder.${exporter}.onnx`, import.meta.url).pathname;
}

async function compute(options: OnnxModelOptions, x: Float32Array) {
  const width = x.length / ROWS;
  const model = onnxModel({ head: "keep", inputShape: [width], ...options });
  const { topology, parameters, state } = flattenWeights(model);
  model.dispose();
  const engine = await createOnnxruntimeEngine({ spec: parseTopology(topology) });
  const targets = new Float32Array(ROWS * CLASSES);
  for (let row = 0; row < ROWS; row++) targets[row * CLASSES + ((3 * row + 1) % CLASSES)] = 1;
  const outputs = new Float32Array(ROWS * CLASSES);
  const gradient = new Float32Array(engine.layout.size);
  await engine.gradient(
    { parameters, state },
    { x: { data: x, shape: [ROWS, width] }, taskLabels: new Int32Array(ROWS), mode: "train", dropoutKey: KEY },
    { kind: "cross-entropy", targets, weights: new Float32Array(ROWS).fill(1 / ROWS) },
    { outputs, losses: new Float32Array(ROWS), gradient },
  );
  await engine.close();
  return { outputs, view: (name: string) => viewEntry(gradient, findEntry(engine.layout, `network/${name}`)) };
}

function expectLogits(outputs: Float32Array, wanted: readonly number[]): void {
  expect(outputs.length).toBe(wanted.length);
  for (const [i, logit] of wanted.entries()) {
    expect(Math.abs((outputs[i] ?? Number.NaN) - logit)).toBeLessThan(1e-5 * Math.max(1, Math.abs(logit)));
  }
}

describe("onnxModel() of a file with several inputs", () => {
  const orders: readonly (readonly Name[])[] = [
    ["input_ids", "attention_mask", "token_type_ids"],
    ["token_type_ids", "input_ids", "attention_mask"],
  ];
  for (const exporter of ["legacy", "dynamo"]) {
    for (const inputs of orders) {
      test(`computes what PyTorch computes, when rows hold ${inputs.join(", ")} (${exporter} exporter)`, async () => {
        const { outputs, view } = await compute({ path: locate(exporter), inputs }, makeRows(inputs));
        expectLogits(outputs, logits);
        // The other exporter turns matrices, whose gradients are turned then, too.
        if (exporter === "dynamo") return;
        const largest = Math.max(...Object.values(gradients).map(([norm]) => norm));
        for (const [name, [norm, projection]] of Object.entries(gradients)) {
          const own = view(name);
          const tolerance = 2e-5 * norm + 1e-6 * largest;
          expect(Math.abs(Math.hypot(...own) - norm)).toBeLessThan(tolerance);
          const ours = own.reduce((sum, value, i) => sum + value * Math.cos(i + 1), 0);
          expect(Math.abs(ours - projection)).toBeLessThan(tolerance);
        }
      });
    }
  }

  test("takes a number for an input that samples do not hold, and trains the end alone on what is frozen", async () => {
    const path = locate("legacy");
    const names: readonly Name[] = ["input_ids", "token_type_ids"];
    const filled = await compute(
      { path, inputs: ["input_ids", "attention_mask=1", "token_type_ids"] },
      makeRows(names),
    );
    const all: readonly Name[] = ["input_ids", "attention_mask", "token_type_ids"];
    const ones = makeRows(all).map((value, i) => (Math.floor(i / TOKENS) % 3 === 1 ? 1 : value));
    const given = await compute({ path, inputs: all, trainable: ["last:2"] }, ones);
    expectLogits(filled.outputs, [...given.outputs]);
    expect(filled.outputs).not.toEqual((await compute({ path, inputs: all }, makeRows(all))).outputs);
  });

  test("is refused, when it does not follow which part is which", () => {
    const path = locate("legacy");
    const make = (inputs: readonly string[] | undefined, width?: number) => () =>
      onnxModel({ path, ...(inputs ? { inputs } : {}), ...(width === undefined ? {} : { inputShape: [width] }) });
    expect(make(undefined, 18)).toThrow(
      "text_encoder.legacy.onnx has several inputs: give inputs=input_ids|attention_mask|token_type_ids",
    );
    const all = ["input_ids", "attention_mask", "token_type_ids"];
    expect(make(["input_ids", "attention_mask"], 18)).toThrow("inputs must name token_type_ids, once");
    expect(make([...all, "input_ids"], 18)).toThrow("inputs must name input_ids, once");
    expect(make(["ids", "attention_mask", "token_type_ids"], 18)).toThrow("ids");
    expect(make(all, 17)).toThrow("samples of 17 numbers cannot be input_ids and attention_mask and token_type_ids");
    expect(make(all)).toThrow("leaves a length of its inputs open: give inputShape");
    expect(make(["input_ids", "attention_mask=x", "token_type_ids"], 12)).toThrow("inputs needs NAME or NAME=NUMBER");
    expect(
      make(
        all.map((name) => `${name}=1`),
        12,
      ),
    ).toThrow("inputs must name one that samples hold");
  });
});
