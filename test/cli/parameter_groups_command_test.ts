import { afterAll, describe, expect, test } from "bun:test";
import { existsSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { captureCli } from "../support/captured_cli.ts";
import { makeFolder, makeMNISTFiles, removeFolders } from "../support/made_idx.ts";

afterAll(removeFolders);

/** Trains in two experiences on made data with an optimizer, and workers or not. */
async function train(optimizer: string, workers = 0) {
  const data = await makeFolder(makeMNISTFiles({ trainPerClass: 8, testPerClass: 3 }));
  const out = join(await makeFolder({}), "run");
  const run = ["--benchmark", "split-mnist:experiences=2", "--model", "mlp:hiddenSize=16,hiddenLayers=1"];
  const layout = ["--batch-size", "8", "--workers", String(workers), "--logical-shards", "2", "--no-onnx", "--quiet"];
  const all = ["train", "--data", data, "--out", out, ...run, ...layout, "--optimizer", optimizer];
  return { out, ...(await captureCli(all)) };
}

async function readJSON(folder: string, file: string) {
  return JSON.parse(await readFile(join(folder, file), "utf8"));
}

describe("train --optimizer NAME:groups=…", () => {
  test("trains groups with constants of their own, as config.json says, by any number of workers", async () => {
    const hashes = new Set<string>();
    for (const [optimizer, workers] of [
      ["sgd:learningRate=0.1,groups=classifier:learningRate=0.01;momentum=0.9|fc0/bias:weightDecay=0.5", 0],
      ["sgd:learningRate=0.1,groups=classifier:learningRate=0.01;momentum=0.9|fc0/bias:weightDecay=0.5", 1],
      ["sgd:learningRate=0.1", 0],
    ] as const) {
      const { out, status, stderr } = await train(optimizer, workers);
      expect({ status, stderr }).toEqual({ status: 0, stderr: "" });
      hashes.add((await readJSON(out, "summary.json")).parametersHash);
      const { options } = (await readJSON(out, "config.json")).optimizer;
      const groups = ["classifier:learningRate=0.01;momentum=0.9", "fc0/bias:weightDecay=0.5"];
      expect(options.groups).toEqual(optimizer.includes("groups") ? groups : undefined);
    }
    expect(hashes.size).toBe(2);
  });

  test("refuses a pattern that matches nothing with the names that there are, before a folder is made", async () => {
    const { out, status, stderr } = await train("adam:groups=head*:learningRate=0.1");
    expect({ status, stderr }).toEqual({
      status: 2,
      stderr:
        "the optimizer's groups[0]: parameters must match some of fc0/kernel, fc0/bias, classifier/kernel, " +
        'classifier/bias; got "head*"\n',
    });
    expect(existsSync(out)).toBe(false);
  });

  test("refuses a group that no epoch would train, before a folder is made", async () => {
    const { out, status, stderr } = await train("sgd:learningRate=0.1,groups=fc0*:frozenEpochs=1");
    expect(status).toBe(2);
    expect(stderr).toMatch(/^Naive: a group of parameters is held still .+ more epochs than that, got 1\n$/);
    expect(existsSync(out)).toBe(false);
  });

  test("refuses a group that no experience would train, before a folder is made", async () => {
    const { out, status, stderr } = await train("sgd:learningRate=0.1,groups=fc0*:frozenExperiences=2");
    expect(status).toBe(2);
    expect(stderr).toMatch(/^a group of parameters is held still .+ more experiences than that, got 2\n$/);
    expect(existsSync(out)).toBe(false);
  });
});
