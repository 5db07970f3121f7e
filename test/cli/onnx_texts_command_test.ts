import { afterAll, describe, expect, test } from "bun:test";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { captureCli } from "../support/captured_cli.ts";
import { makeNpy } from "../support/made_files.ts";
import { makeFolder, removeFolders } from "../support/made_idx.ts";

afterAll(removeFolders);

const NETWORK = fileURLToPath(new URL("../onnx/import/networks/text_encoder.legacy.onnx", import.meta.url));
const [ROWS, TOKENS] = [48, 6];

/** Texts of three classes: each has tokens of its own. */
const ids = Array.from({ length: ROWS * TOKENS }, (_, i) => {
  const [row, place] = [Math.floor(i / TOKENS), i % TOKENS];
  return 6 * (row % 3) + ((row * 5 + place * 7) % 6);
});
const mask = ids.map((_, i) => Number(i % TOKENS < TOKENS - (Math.floor(i / TOKENS) % 2)));
const labels = Array.from({ length: ROWS }, (_, row) => row % 3);

async function train(data: string, model: string, options: readonly string[] = []) {
  const out = join(await makeFolder({}), "run");
  const words = ["--model", model, "--workers", "0", "--epochs", "8", "--optimizer", "adam:learningRate=0.01"];
  const run = ["train", "--benchmark", `directory:path=${data}`, ...words, ...options, "--out", out];
  const { status, stderr } = await captureCli(run);
  expect({ status, stderr }).toEqual({ status: 0, stderr: "" });
  const { parametersHash, final } = JSON.parse(await readFile(join(out, "summary.json"), "utf8"));
  return { hash: String(parametersHash), accuracy: Number(final.streamAccuracy) };
}

describe("train --model onnx: with several inputs", () => {
  test("learns from arrays and from columns of a table, to the same bits on 0 and 2 workers", async () => {
    const shape = [ROWS, TOKENS];
    const arrays = await makeFolder({
      "input_ids.npy": makeNpy(ids, { shape, descr: "<i8" }),
      "attention_mask.npy": makeNpy(mask, { shape, descr: "<i8" }),
      "y.npy": makeNpy(labels, { descr: "<i8" }),
    });
    const inputs = "inputs=input_ids|attention_mask|token_type_ids=0";
    const benchmark = `${arrays},arrays=input_ids|attention_mask,experiences=1,testSize=0.25`;
    const model = `onnx:path=${NETWORK},${inputs}`;
    const trained = await train(benchmark, model);
    expect(trained.accuracy).toBeGreaterThan(0.9);
    expect((await train(benchmark, model, ["--logical-shards", "2", "--workers", "2"])).hash).toBe(
      (await train(benchmark, model, ["--logical-shards", "2"])).hash,
    );
    const names = ["id", "mask"].flatMap((name) => Array.from({ length: TOKENS }, (_, i) => `${name}${i}`));
    const rows = labels.map((label, row) => {
      const [from, to] = [row * TOKENS, (row + 1) * TOKENS];
      return [...ids.slice(from, to), ...mask.slice(from, to), label].join();
    });
    const table = await makeFolder({ "texts.csv": `${[...names, "label"].join()}\n${rows.join("\n")}\n` });
    expect((await train(`${table},experiences=1,testSize=0.25`, model)).hash).toBe(trained.hash);
  }, 60_000);

  test("is refused before the run, when samples do not hold the inputs", async () => {
    const data = await makeFolder({ "texts.csv": `a,b,label\n${labels.map((label) => `1,2,${label}`).join("\n")}\n` });
    const benchmark = `directory:path=${data},experiences=1,testSize=0.25`;
    const { status, stderr } = await captureCli(["train", "--benchmark", benchmark, "--model", `onnx:path=${NETWORK}`]);
    expect(status).toBe(2);
    expect(stderr).toContain("has several inputs: give inputs=input_ids|attention_mask|token_type_ids");
  });
});
