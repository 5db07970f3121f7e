import { afterAll, describe, expect, test } from "bun:test";
import { existsSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { readEnding } from "../../scripts/faults/run_ending.ts";
import { StopRequest } from "../../src/cli/cli_error.ts";
import { runCli } from "../../src/cli/run_cli.ts";
import { lora } from "../../src/models/lora.ts";
import { onnxModel } from "../../src/models/onnx_model.ts";
import { decodeModel } from "../../src/onnx/file/decode_model.ts";
import { takeApart } from "../onnx/import/adapters/adapted_model.ts";
import { captureCli } from "../support/captured_cli.ts";
import { makeNpy } from "../support/made_files.ts";
import { makeFolder, removeFolders } from "../support/made_idx.ts";

afterAll(removeFolders);

const NETWORK = fileURLToPath(new URL("../onnx/import/adapters/adapted.onnx", import.meta.url));
const MODEL = `onnx:path=${NETWORK},adapter=lora:rank=2;alpha=8;target=mix.*|/hidden/Gemm`;
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

/** The words of a run, and its folder. */
async function makeRun(options: readonly string[], model = MODEL) {
  const out = join(await makeFolder({}), "run");
  const benchmark = `directory:path=${await makeData()},experiences=2,testSize=0.25`;
  const words = ["--model", model, "--optimizer", "adam:learningRate=0.01", "--epochs", "3", "--batch-size", "8"];
  const run = ["--checkpoint-every", "2", "--logical-shards", "2", "--workers", "0", ...options];
  return { out, words: ["train", "--benchmark", benchmark, ...words, ...run, "--out", out] };
}

async function train(...options: readonly string[]) {
  const { out, words } = await makeRun(options);
  const { status, stderr } = await captureCli([...words, "--quiet"]);
  expect({ status, stderr }).toEqual({ status: 0, stderr: "" });
  return out;
}

async function listWeights(out: string): Promise<string[]> {
  const { graph } = decodeModel(await readFile(join(out, "onnx/experience-001.onnx")));
  return graph.initializers.map(({ name }) => name);
}

describe("train --model onnx:…,adapter=lora", () => {
  test("trains to the same bits on 0, 1 and 2 workers, with features cached or not, and when it is resumed", async () => {
    const whole = await train();
    const ending = await readEnding(whole);
    for (const options of [
      ["--workers", "1"],
      ["--workers", "2"],
      ["--feature-cache", "0"],
    ]) {
      expect((await readEnding(await train(...options))).parametersHash).toBe(ending.parametersHash);
    }
    const { out, words } = await makeRun([]);
    const controller = new AbortController();
    const stopped = await runCli(words, {
      stdout: {
        write: (text) => text.includes("Training on experience 1") && controller.abort(new StopRequest("SIGTERM")),
      },
      stderr: { write: () => undefined },
      signal: controller.signal,
    });
    expect(stopped).toBe(143);
    expect(JSON.parse(await readFile(join(out, "summary.json"), "utf8")).experiences.length).toBe(1);
    const resumed = await captureCli(["train", "--resume", out, "--workers", "2", "--quiet"]);
    expect({ status: resumed.status, stderr: resumed.stderr }).toEqual({ status: 0, stderr: "" });
    expect((await readEnding(out)).parametersHash).toBe(ending.parametersHash);
  }, 120_000);

  test("exports adapters within the weights, or as nodes with --keep-adapters", async () => {
    const merged = await listWeights(await train());
    expect(merged).toContain("network/hidden.weight");
    expect(merged.filter((name) => name.includes("lora"))).toEqual([]);
    const run = await train("--keep-adapters");
    const kept = await listWeights(run);
    expect(kept).toContain("network/hidden.weight");
    const adapters = kept.filter((name) => /weight\.lora_[AB]/.test(name));
    expect(adapters.map((name) => name.replace(/^network\/(.*?_[AB]).*/, "$1")).toSorted()).toEqual([
      "hidden.weight.lora_A",
      "hidden.weight.lora_B",
      "mix.weight.lora_A",
      "mix.weight.lora_B",
    ]);
    // Adapters beside those that the file holds, which stay as they are.
    const adapter = lora({ rank: 2 });
    const path = join(run, "onnx/experience-001.onnx");
    const again = takeApart(onnxModel({ path, head: "keep", inputShape: [5, 5, 3], adapter }));
    const trained = again.spec.layout.entries.map(({ name }) => name);
    expect(trained.filter((name) => name.includes("lora_A.") || name.includes("lora_B."))).toEqual([]);
    expect(trained.filter((name) => name.endsWith(".lora_B")).length).toBe(trained.length / 2);
    expect(trained).toContain("network/network/mix.weight.2.lora_A");
    expect(trained).toContain("network/frozen/point.weight.lora_A");
    expect(() => onnxModel({ path, head: "keep", adapter: lora({ target: ["*lora_A*"] }) })).toThrow(
      "adapter target=*lora_A* fits none of its products' weights: frozen/point.weight",
    );
  }, 60_000);

  test("refuses what cannot be before a folder is made", async () => {
    const refused = async (options: readonly string[], model?: string) => {
      const { out, words } = await makeRun(options, model);
      const { status, stderr } = await captureCli(words);
      expect({ status, isThere: existsSync(out) }).toEqual({ status: 2, isThere: false });
      return stderr;
    };
    const plain = `onnx:path=${NETWORK}`;
    expect(await refused([], `${plain},adapter=ia3`)).toBe('onnx: adapter: unknown adapter "ia3"; known: lora\n');
    expect(await refused([], `${plain},adapter=lora:rank=0`)).toBe(
      "onnx: adapter: rank must be a whole number of at least 1, got 0\n",
    );
    expect(await refused([], `${plain},adapter=lora:rank=2;target=no*`)).toBe(
      "adapted.onnx: adapter target=no* fits none of its products' weights: point.weight, mix.weight, hidden.weight\n",
    );
    expect(await refused([], `${plain},adapter=lora:rank=2,alpha=8`)).toBe(
      'onnx: unknown option "alpha"; options of an adapter are joined with ;: adapter=lora:rank=8;alpha=16\n',
    );
    expect(await refused(["--engine", "tfjs"], plain)).toMatch(
      /^layer "[a-z]+" is a network from an ONNX file, which --engine onnxruntime alone trains\n$/,
    );
    expect(await refused(["--keep-adapters"], plain)).toBe(
      "--keep-adapters needs a model with adapters, such as onnx:path=FILE,adapter=lora\n",
    );
    expect(await refused(["--keep-adapters", "--no-onnx"])).toBe(
      "--keep-adapters needs models that are exported: leave --no-onnx out\n",
    );
  });
});
