import { afterAll, describe, expect, test } from "bun:test";
import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { captureCli } from "../support/captured_cli.ts";
import { WORKER_COUNTS } from "../support/cover_members.ts";
import { makeFolder, makeMNISTFiles, removeFolders } from "../support/made_idx.ts";

afterAll(removeFolders);

const SMALL = ["--model", "mlp:hiddenSize=16,hiddenLayers=1", "--batch-size", "8", "--workers", "0"];

/** Trains in two experiences on made data; returns the run's folder too. */
async function train(words: readonly string[], signal?: AbortSignal) {
  const data = await makeFolder(makeMNISTFiles({ trainPerClass: 8, testPerClass: 3 }));
  const out = join(await makeFolder({}), "run");
  const all = ["train", "--data", data, "--out", out, "--benchmark", "split-mnist:experiences=2", ...SMALL, ...words];
  return { data, out, ...(await captureCli(all, signal ? { signal } : {})) };
}

async function readJSON(path: string) {
  return JSON.parse(await readFile(path, "utf8"));
}

describe("train", () => {
  test("leaves a whole run directory behind, and says the result", async () => {
    const { out, data, status, stdout, stderr } = await train(["--strategy", "replay:memSize=10", "--seed", "3"]);
    expect({ status, stderr }).toEqual({ status: 0, stderr: "" });
    expect(stdout).toContain("-- Training on experience 1");
    expect(stdout).toMatch(/\nstream accuracy +0\.\d{4}\n/);
    expect((await readdir(out)).sort()).toEqual([
      "accuracy_matrix.csv",
      "checkpoints",
      "config.json",
      "metrics.jsonl",
      "onnx",
      "summary.json",
    ]);
    expect((await readdir(join(out, "onnx"))).sort()).toEqual([
      "experience-000.onnx",
      "experience-001.onnx",
      "latest.onnx",
    ]);

    const { dataSources: _, ...config } = await readJSON(join(out, "config.json"));
    expect(config).toMatchObject({
      benchmark: { name: "split-mnist", options: { experiences: 2, seed: 3, normalize: true } },
      strategy: { name: "replay", options: { memSize: 10, storagePolicy: "experience-balanced" } },
      optimizer: { name: "sgd", options: { learningRate: 0.01, momentum: 0.9 } },
      batchSize: 8,
      workers: 0,
      logicalShards: 1,
      data,
    });
    const summary = await readJSON(join(out, "summary.json"));
    expect(summary).toMatchObject({ version: 1, status: "finished", config });
    expect(summary.parametersHash).toMatch(/^[0-9a-f]{64}$/);
    expect(summary.experiences.map((experience: { examples: number }) => experience.examples)).toEqual([40, 40]);
    const matrix = summary.experiences.map((experience: { testAccuracy: number[] }) => experience.testAccuracy);
    const rows = (await readFile(join(out, "accuracy_matrix.csv"), "utf8")).trim().split("\n");
    expect(rows.map((row) => row.split(",").map(Number))).toEqual(matrix);
    const lines = (await readFile(join(out, "metrics.jsonl"), "utf8")).trim().split("\n");
    const last = lines.map((line) => JSON.parse(line)).findLast(({ key }) => key.startsWith("Top1_Acc_Stream/eval"));
    // Two experiences of 40 samples in minibatches of 8.
    expect(last).toMatchObject({ value: summary.final.streamAccuracy, experience: 1, step: 10 });
  });

  test("gives the same parameters and metrics on any number of workers when the shards are fixed", async () => {
    const runs: unknown[] = [];
    for (const workers of WORKER_COUNTS.map(String)) {
      // Large enough to be cut in two.
      const words = ["--batch-size", "32", "--workers", workers, "--logical-shards", "2", "--quiet"];
      const { out } = await train(words);
      const { parametersHash } = await readJSON(join(out, "summary.json"));
      runs.push({ parametersHash, metrics: await readFile(join(out, "metrics.jsonl"), "utf8") });
    }
    expect(runs).toEqual(runs.map(() => runs[0]));
  });

  test("leaves a last, smaller minibatch out with --drop-last, and says so in config.json", async () => {
    const { out } = await train(["--batch-size", "12", "--drop-last", "--quiet"]);
    const { dataSources: _, ...config } = await readJSON(join(out, "config.json"));
    expect(config).toMatchObject({ batchSize: 12, dropLast: true });
    const { experiences } = await readJSON(join(out, "summary.json"));
    expect(experiences.map(({ examples }: { examples: number }) => examples)).toEqual([40, 40]);
    const lines = (await readFile(join(out, "metrics.jsonl"), "utf8")).trim().split("\n");
    // Two experiences of 40 samples: three minibatches of 12 each.
    expect(JSON.parse(lines.at(-1) ?? "")).toMatchObject({ step: 6 });
  });

  test("writes nothing but JSON lines with --json, the last of them the result", async () => {
    const { stdout } = await train(["--json"]);
    const events = stdout
      .trim()
      .split("\n")
      .map((line) => JSON.parse(line));
    expect(events[0]).toMatchObject({ kind: "train-start" });
    expect(events.at(-1)).toMatchObject({ kind: "run-end", summary: { status: "finished" } });
  });

  test("refuses bars by worker where there are no bars", async () => {
    const { status, stderr } = await train(["--worker-bars", "--quiet"]);
    expect({ status, stderr }).toEqual({
      status: 2,
      stderr: "--worker-bars shows progress bars and cannot be used with --quiet\n",
    });
  });

  test("shows only the result with --quiet", async () => {
    const { stdout } = await train(["--quiet"]);
    expect(stdout).toMatch(/^\nAccuracy on each experience/);
  });

  test("trains without exporting with --no-onnx", async () => {
    const { out } = await train(["--no-onnx", "--quiet"]);
    const { experiences } = await readJSON(join(out, "summary.json"));
    expect(experiences[0].onnx).toBe(null);
    expect(await readdir(join(out, "onnx"))).toEqual([]);
  });

  test("stops early on the validation part of each experience", async () => {
    const benchmark = "split-mnist:experiences=2,validationSize=0.25";
    const words = ["--benchmark", benchmark, "--plugin", "early-stopping:patience=1", "--epochs", "9", "--quiet"];
    const { out } = await train([...words, "--optimizer", "sgd:learningRate=0"]);
    const { experiences } = await readJSON(join(out, "summary.json"));
    // With a learning rate of 0 the second evaluation is no better than the first.
    expect(experiences.map(({ epochs }: { epochs: number }) => epochs < 9)).toEqual([true, true]);
  });

  test("reports once an experience where training goes on small ones", async () => {
    const benchmark = "split-mnist:experiences=2,onlineExperienceSize=10";
    const { out, stdout } = await train(["--benchmark", benchmark]);
    const { experiences } = await readJSON(join(out, "summary.json"));
    expect(experiences.map(({ index, examples }: { index: number; examples: number }) => [index, examples])).toEqual([
      [0, 40],
      [1, 40],
    ]);
    expect(stdout).not.toContain("Training on experience");
  });

  test("exits with 130 when it is interrupted, and says so in the summary", async () => {
    const controller = new AbortController();
    controller.abort();
    const { out, status, stderr } = await train(["--quiet"], controller.signal);
    expect(status).toBe(130);
    expect(stderr).toMatch(/^Interrupted; go on with: (npx )?(bun run|deno task) train --resume .*run\n$/);
    expect(await readJSON(join(out, "summary.json"))).toMatchObject({ status: "interrupted", experiences: [] });
  });

  test("exits with 1 when the run fails, and says why in the summary", async () => {
    const { out, status, stderr } = await train(["--optimizer", "sgd:learningRate=1e300", "--epochs", "3", "--quiet"]);
    expect(status).toBe(1);
    const { status: state, error } = await readJSON(join(out, "summary.json"));
    expect(state).toBe("failed");
    expect(stderr).toContain(error);
  });
});

describe("evaluate", () => {
  test("gives the accuracy that the run states, by the benchmark that the file names", async () => {
    const { out, data } = await train(["--quiet"]);
    const { experiences } = await readJSON(join(out, "summary.json"));
    for (const { onnx, streamAccuracy, testAccuracy } of experiences) {
      const words = ["evaluate", "--model", join(out, onnx.path), "--data", data, "--batch-size", "7"];
      const { status, stdout } = await captureCli(words);
      expect(status).toBe(0);
      expect(JSON.parse(stdout)).toMatchObject({ examples: 30, streamAccuracy, testAccuracy });
    }
  });
});
