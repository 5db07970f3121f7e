import { afterAll, describe, expect, test } from "bun:test";
import { existsSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { readEnding } from "../../scripts/faults/run_ending.ts";
import { decodeModel } from "../../src/onnx/file/decode_model.ts";
import { captureCli } from "../support/captured_cli.ts";
import { makeNpy } from "../support/made_files.ts";
import { makeFolder, removeFolders } from "../support/made_idx.ts";

afterAll(removeFolders);

const NETWORK = fileURLToPath(new URL("../onnx/import/adapters/adapted.onnx", import.meta.url));
const MODEL = `onnx:path=${NETWORK},incremental=true,adapter=lora:rank=2;alpha=8;target=mix.*|/hidden/Gemm`;
const [ROWS, VALUES] = [48, 5 * 5 * 3];

/** Four classes of images, in two experiences. */
function makeData(): Promise<string> {
  const labels = Array.from({ length: ROWS }, (_, row) => row % 4);
  const x = Float32Array.from({ length: ROWS * VALUES }, (_, i) => {
    const row = Math.floor(i / VALUES);
    return Math.sin((i % VALUES) * ((row % 4) + 1)) + 0.3 * Math.cos(i);
  });
  return makeFolder({ "x.npy": makeNpy(x, { shape: [ROWS, 5, 5, 3] }), "y.npy": makeNpy(labels, { descr: "<i8" }) });
}

async function run(...options: readonly string[]) {
  const out = join(await makeFolder({}), "run");
  const benchmark = `directory:path=${await makeData()},experiences=2,testSize=0.25`;
  const words = [
    "--optimizer",
    "adam:learningRate=0.01",
    "--epochs",
    "5",
    "--batch-size",
    "8",
    "--logical-shards",
    "2",
  ];
  const given = ["--model", MODEL, "--strategy", "lae:decay=0.9", "--workers", "0", ...options];
  const { status, stderr } = await captureCli([
    "train",
    "--benchmark",
    benchmark,
    ...words,
    ...given,
    "--quiet",
    "--out",
    out,
  ]);
  return { out, status, stderr };
}

async function train(...options: readonly string[]): Promise<string> {
  const { out, status, stderr } = await run(...options);
  expect({ status, stderr }).toEqual({ status: 0, stderr: "" });
  return out;
}

const readModel = async (out: string, file: string) => decodeModel(await readFile(join(out, file)));

describe("train --strategy lae", () => {
  test("trains to the same bits on any workers, and exports both adapters from the second experience on", async () => {
    const out = await train();
    const ending = await readEnding(out);
    expect((await readEnding(await train("--workers", "2"))).parametersHash).toBe(ending.parametersHash);
    const [first, second] = await Promise.all(["0", "1"].map((at) => readModel(out, `onnx/experience-00${at}.onnx`)));
    const listAdapters = (model: typeof first) =>
      model?.graph.initializers.map(({ name }) => name).filter((name) => name.includes("lora_")) ?? [];
    expect(first?.metadata["firn.head"]).toBe('[{"kind":"network"}]');
    expect(listAdapters(first)).toEqual([]);
    expect(second?.metadata["firn.head"]).toBe('[{"kind":"network"},{"kind":"ensemble"}]');
    expect(listAdapters(second).length).toBe(8);
    expect(listAdapters(second).filter((name) => name.includes("/expert")).length).toBe(4);
    const { experiences } = JSON.parse(await readFile(join(out, "summary.json"), "utf8"));
    expect(experiences[1].onnx.maxAbsoluteDifference).toBeLessThan(1e-4);
  }, 60_000);

  test("exports in other forms, and the offline adapter alone within the weights with ensemble=false", async () => {
    const half = await train("--export", "precision=float16,softmax=true");
    const { graph } = await readModel(half, "export/experience-001.onnx");
    expect(graph.nodes.filter(({ op }) => op === "LogSoftmax").length).toBe(2);
    const alone = await train("--strategy", "lae:decay=0.9,ensemble=false", "--export", "original=true");
    const { graph: merged, metadata } = await readModel(alone, "export/experience-001.onnx");
    expect(metadata["firn.head"]).toBe('[{"kind":"network"}]');
    expect(merged.initializers.filter(({ name }) => name.includes("lora_"))).toEqual([]);
  }, 60_000);

  test("refuses what cannot be before a folder is made", async () => {
    const refused = async (...options: readonly string[]) => {
      const { out, status, stderr } = await run(...options);
      expect({ status, isThere: existsSync(out) }).toEqual({ status: 2, isThere: false });
      return stderr;
    };
    expect(await refused("--model", `onnx:path=${NETWORK}`)).toContain(
      'got "*.lora_A" (models from onnx:path=FILE,adapter=lora have adapters)\n',
    );
    expect(await refused("--strategy", "lae:parameters=*.lora_A|*.lora_C")).toContain('got "*.lora_C"');
    expect(await refused("--export", "original=true")).toMatch(
      /^export: "[a-z_]+" cannot leave as it came: it predicts with two sets of parameters \(of lae, ensemble=false predicts with one\)\n$/,
    );
    expect(await refused("--strategy", "lae:heldShare=1")).toBe(
      "lae: heldShare must be at least 0 and below 1, got 1\n",
    );
  });
});
