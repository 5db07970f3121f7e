import { afterAll, describe, expect, test } from "bun:test";
import { existsSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import process from "node:process";
import { fileURLToPath } from "node:url";
import { captureCli } from "../../support/captured_cli.ts";
import { makeFolder, makeMNISTFiles, removeFolders } from "../../support/made_idx.ts";

afterAll(removeFolders);

const CUSTOM = fileURLToPath(new URL("../../support/custom_layer_model.ts", import.meta.url));
const MISFIT = fileURLToPath(new URL("../../support/misfit_model.ts", import.meta.url));

/** Trains a model of a module on made data, with one worker. */
async function train(path: string, words: readonly string[] = []) {
  const data = await makeFolder(makeMNISTFiles({ trainPerClass: 8, testPerClass: 2 }));
  const out = join(await makeFolder({}), "run");
  const all = ["--data", data, "--out", out, "--model", `path=${path}`, "--workers", "1", "--batch-size", "8"];
  return { out, ...(await captureCli(["train", "--quiet", ...all, ...words])) };
}

/** The same with a model that does not fit. */
async function trainMisfit(misfit: string, words: readonly string[] = []) {
  process.env.FIRN_TEST_MISFIT = misfit;
  try {
    return await train(MISFIT, words);
  } finally {
    delete process.env.FIRN_TEST_MISFIT;
  }
}

describe("train --model path=…, a model with a custom layer", () => {
  test("is refused by the layer's name where it cannot be exported or converted, and no run is left", async () => {
    for (const words of [[], ["--engine", "onnxruntime", "--no-onnx"], ["--engine", "tfjs"]]) {
      const { out, status, stderr } = await train(CUSTOM, words);
      expect(stderr).toMatch(/^Cannot convert layer "twice" of class FirnTestDoubling.*--engine tfjs trains it.*\n$/);
      expect(stderr.includes("--no-onnx leaves the export out")).toBe(!words.includes("--no-onnx"));
      expect(status).toBe(2);
      expect(existsSync(out)).toBe(false);
    }
  });

  test("is trained in a Worker, which gets to know the layer, with --engine tfjs or auto and --no-onnx", async () => {
    for (const engine of ["tfjs", "auto"]) {
      const { out, status, stderr } = await train(CUSTOM, ["--engine", engine, "--no-onnx"]);
      expect({ status, stderr }).toEqual({ status: 0, stderr: "" });
      expect(JSON.parse(await readFile(join(out, "summary.json"), "utf8")).status).toBe("finished");
    }
  }, 60_000);
});

describe("train --model path=…, a model that does not fit", () => {
  test("is refused before a run is begun, for the shape of its samples or the number of its outputs", async () => {
    for (const engine of ["onnxruntime", "tfjs"]) {
      const shaped = await trainMisfit("samples", ["--engine", engine]);
      expect(shaped.stderr).toMatch(/takes samples of shape \[32, 32, 3\], the benchmark has \[28, 28, 1\]\n$/);
      const narrow = await trainMisfit("classes", ["--engine", engine]);
      expect(narrow.stderr).toMatch(
        /must have at least 10 outputs, one a class of the benchmark, or a head that grows, got 7\n$/,
      );
      for (const { out, status } of [shaped, narrow]) expect([status, existsSync(out)]).toEqual([2, false]);
    }
  });

  test("is refused before a run is begun, when no vector can hold its weights", async () => {
    for (const engine of ["onnxruntime", "tfjs"]) {
      const { out, status, stderr } = await trainMisfit("size", ["--engine", engine]);
      expect(stderr).toMatch(
        /^the model \S+ may have at most 1073741824 \(4 GiB\) parameters that are trained, got 2147483658: freeze .+\n$/,
      );
      expect([status, existsSync(out)]).toEqual([2, false]);
    }
  });

  test("is refused before a run is begun, when a layer normalises minibatches of one row by the batch", async () => {
    for (const engine of ["onnxruntime", "tfjs"]) {
      const { out, status, stderr } = await trainMisfit("rows", ["--engine", engine, "--batch-size", "1"]);
      const said =
        'has a minibatch of 1 sample, and the layer "norm" normalizes by the batch\'s variance, which takes 2';
      expect(stderr).toContain(`${said}: trainMbSize (--batch-size) must be at least 2`);
      expect([status, existsSync(out)]).toEqual([2, false]);
    }
  }, 60_000);
});

describe("train, a layer that is named and not there", () => {
  test("is refused before a run is begun, with the name that is nearest", async () => {
    const cases = [
      ["--strategy", "ar1:latentLayerName=fc9", 'LatentReplayPlugin: unknown layer "fc9", did you mean fc0 or fc1?'],
      [
        "--strategy",
        "cwr-star:cwrLayerName=clasifier",
        'CWRStarPlugin: unknown dense layer "clasifier", did you mean classifier?',
      ],
      ["--plugin", "rar:layerName=fc", 'RARPlugin: unknown layer "fc", did you mean fc0 or fc1?'],
    ] as const;
    for (const [option, choice, message] of cases) {
      const { out, status, stderr } = await train(MISFIT, ["--model", "mlp:hiddenSize=8", option, choice]);
      expect({ status, stderr, isLeft: existsSync(out) }).toEqual({ status: 2, stderr: `${message}\n`, isLeft: false });
    }
  });
});

describe("train, a loss that is not finite", () => {
  test("ends the run with status 1 and names the iteration; what was there before it is kept", async () => {
    for (const words of [[], ["--engine", "tfjs"], ["--strategy", "lwf"]]) {
      const model = ["--model", "mlp:hiddenSize=8", "--optimizer", "sgd:learningRate=1e30"];
      const { out, status, stderr } = await train(MISFIT, [...model, ...words]);
      const said = /needs a finite loss at training iteration 1 .*the parameters are those before this step/;
      expect(stderr).toMatch(said);
      expect(stderr).toMatch(/^.+\n$/);
      expect(status).toBe(1);
      const summary = JSON.parse(await readFile(join(out, "summary.json"), "utf8"));
      expect(summary).toMatchObject({ status: "failed", error: expect.stringMatching(said) });
    }
  }, 60_000);
});
