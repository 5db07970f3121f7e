import { afterAll, describe, expect, test } from "bun:test";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { captureCli } from "../support/captured_cli.ts";
import { makePng } from "../support/made_files.ts";
import { makeFolder, removeFolders } from "../support/made_idx.ts";

afterAll(removeFolders);

/** Two experiences of two classes each; a class is a shade, so that it can be learned. */
async function makeImages(): Promise<string> {
  const files: Record<string, Uint8Array> = {};
  for (const part of ["train", "test"]) {
    for (let id = 0; id < 4; id++) {
      for (let i = 0; i < 6; i++) files[`${part}/day${id >> 1}/kind${id}/${i}.png`] = makePng(60 * id + i);
    }
  }
  return makeFolder(files);
}

const WORDS = ["--model", "mlp:hiddenSize=8,hiddenLayers=1", "--batch-size", "4", "--workers", "0", "--quiet"];

describe("train --benchmark directory", () => {
  test("trains on a folder of images, exports, and evaluates the file to the same accuracy", async () => {
    const [path, out] = [await makeImages(), join(await makeFolder({}), "run")];
    const benchmark = ["--benchmark", `directory:path=${path},imageSize=3,mean=0.5,std=0.5`];
    const { status, stderr } = await captureCli(["train", ...benchmark, "--out", out, ...WORDS, "--epochs", "2"]);
    expect({ status, stderr }).toEqual({ status: 0, stderr: "" });
    const summary = JSON.parse(await readFile(join(out, "summary.json"), "utf8"));
    expect(summary.experiences.map(({ classes }: { classes: number[] }) => classes)).toEqual([
      [0, 1],
      [2, 3],
    ]);
    expect(summary.config.benchmark.options).toMatchObject({ path, imageSize: [3], labelColumn: "label", seed: 0 });
    const model = join(out, "onnx", "latest.onnx");
    const evaluated = await captureCli(["evaluate", "--model", model, ...benchmark]);
    expect(JSON.parse(evaluated.stdout).streamAccuracy).toBe(summary.final.streamAccuracy);
    const viaData = ["evaluate", "--model", model, "--benchmark", "directory:imageSize=3,mean=0.5,std=0.5"];
    const { benchmark: _, ...numbers } = JSON.parse((await captureCli([...viaData, "--data", path])).stdout);
    expect(JSON.parse(evaluated.stdout)).toMatchObject(numbers);
  });

  test("refuses a missing folder, a missing path and a broken file in one line, with status 2", async () => {
    const broken = await makeFolder({ "train/a/cat/1.png": "no image", "test/a/cat/1.png": "no image" });
    const refusals = [
      ["directory", "directory: path is required, or --data FOLDER"],
      ["directory:path=no/such", 'Cannot read the folder "no/such"'],
      [`directory:path=${broken}`, 'cat/1.png": wanted a PNG or JPEG image'],
      ["directory:path=x,imageSize=0", "imageSize must be a list of whole numbers"],
    ];
    for (const [name = "", message = ""] of refusals) {
      const { status, stderr } = await captureCli(["train", "--benchmark", name, ...WORDS]);
      expect(status).toBe(2);
      expect(stderr).toContain(message);
      expect(stderr.trim().split("\n").length).toBe(1);
    }
  });
});
