import { afterAll, describe, expect, test } from "bun:test";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { gunzipSync } from "node:zlib";
import { captureCli } from "../support/captured_cli.ts";
import { makeNpy } from "../support/made_files.ts";
import { makeFolder, removeFolders } from "../support/made_idx.ts";

afterAll(removeFolders);

const NETWORK = fileURLToPath(new URL("../models/layers_file/keras/mobilenet/", import.meta.url));

/** Three classes of samples. */
function makeData(sampleShape: readonly number[] = [12, 12, 3]): Promise<string> {
  const shape = [24, ...sampleShape];
  const size = sampleShape.reduce((product, length) => product * length, 1);
  const x = Float32Array.from({ length: 24 * size }, (_, i) => {
    const row = Math.floor(i / size);
    return Math.sin(row + (i % size) * ((row % 3) + 1));
  });
  const y = Array.from({ length: 24 }, (_, row) => row % 3);
  const files = { "x.npy": makeNpy(x, { shape }), "y.npy": makeNpy(y, { descr: "<i4" }) };
  return makeFolder(files);
}

describe("train --model", () => {
  test("takes a folder of TF.js by tfjs:path=FOLDER, and by path=model.json, and refuses what does not fit", async () => {
    const data = await makeData();
    const benchmark = `directory:path=${data},experiences=1,testSize=0.25`;
    const hashes: string[] = [];
    for (const model of [`tfjs:path=${NETWORK}`, `path=${join(NETWORK, "model.json")}`, `path=${NETWORK}`]) {
      const out = join(await makeFolder({}), "run");
      const words = ["train", "--benchmark", benchmark, "--model", model, "--workers", "0", "--out", out];
      const { status, stderr } = await captureCli(words);
      expect({ status, stderr }).toEqual({ status: 0, stderr: "" });
      const { model: choice } = JSON.parse(await readFile(join(out, "config.json"), "utf8"));
      expect(choice.name).toBe("tfjs");
      hashes.push(JSON.parse(await readFile(join(out, "summary.json"), "utf8")).parametersHash);
    }
    expect(new Set(hashes).size).toBe(1);
    for (const [model, told] of [
      ["path=nowhere/model.json", "nowhere/model.json: there is no such file or folder\n"],
      ["tfjs:path=nowhere", "nowhere: there is no such file or folder\n"],
      ["path=nowhere/net.keras", "nowhere/net.keras: there is no such file or folder\n"],
      ["path=nowhere/net.onnx", "nowhere/net.onnx: there is no such file or folder\n"],
      ["my/net.onnx", "my/net.onnx: expected NAME or NAME:key=value,key=value; a model's file is path=my/net.onnx\n"],
    ] as const) {
      const { status, stderr } = await captureCli(["train", "--benchmark", benchmark, "--model", model]);
      expect({ status, stderr }).toEqual({ status: 2, stderr: told });
    }
  });

  test("takes an .h5 file of Keras's by path=FILE.h5", async () => {
    const early = new URL("../models/layers_file/keras2/early.h5.gz", import.meta.url);
    const folder = await makeFolder({ "early.h5": gunzipSync(await readFile(early)) });
    const benchmark = `directory:path=${await makeData([6])},experiences=1,testSize=0.25`;
    const model = `path=${join(folder, "early.h5")}`;
    const out = join(await makeFolder({}), "run");
    const words = ["train", "--benchmark", benchmark, "--model", model, "--workers", "0", "--out", out];
    const { status, stderr } = await captureCli(words);
    expect({ status, stderr }).toEqual({ status: 0, stderr: "" });
    const { model: choice } = JSON.parse(await readFile(join(out, "config.json"), "utf8"));
    expect(choice.name).toBe("tfjs");
  });
});
