import { afterAll, describe, expect, test } from "bun:test";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { captureCli } from "../support/captured_cli.ts";
import { WORKER_COUNTS } from "../support/cover_members.ts";
import { makeFolder, makeMNISTFiles, removeFolders } from "../support/made_idx.ts";

afterAll(removeFolders);

const TASKS = "split-mnist:experiences=3,taskLabels=true";

/** Trains on made data. */
async function train(words: readonly string[]) {
  const data = await makeFolder(makeMNISTFiles({ trainPerClass: 8, testPerClass: 3 }));
  const out = join(await makeFolder({}), "run");
  const outcome = await captureCli(["train", "--data", data, "--out", out, "--batch-size", "8", "--quiet", ...words]);
  const summary = await readFile(join(out, "summary.json"), "utf8").then(JSON.parse, () => undefined);
  return { data, out, summary, ...outcome };
}

describe("train with growing heads", () => {
  for (const [model, benchmark] of [
    ["simple-mlp:hiddenSize=16,multiHead=true", TASKS],
    ["mlp:hiddenSize=16,incremental=true", "split-mnist:experiences=3"],
  ] as const) {
    test(`gives one model on any number of workers, and files that evaluate to the same, with ${model}`, async () => {
      const hashes: string[] = [];
      for (const workers of WORKER_COUNTS.map(String)) {
        const words = ["--model", model, "--benchmark", benchmark, "--workers", workers, "--logical-shards", "2"];
        const { status, stderr, summary, out, data } = await train(words);
        expect({ status, stderr }).toEqual({ status: 0, stderr: "" });
        hashes.push(summary.parametersHash);
        if (workers !== "0") continue;
        for (const { onnx, streamAccuracy, testAccuracy } of [summary.experiences[0], summary.experiences[2]]) {
          const { stdout } = await captureCli(["evaluate", "--model", join(out, onnx.path), "--data", data]);
          expect(JSON.parse(stdout)).toMatchObject({ examples: 30, streamAccuracy, testAccuracy });
        }
      }
      expect(new Set(hashes).size).toBe(1);
    });
  }

  test("names metrics by each experience's task label", async () => {
    const { out } = await train(["--model", "mlp:hiddenSize=8,multiHead=true", "--benchmark", TASKS, "--workers", "0"]);
    const metrics = await readFile(join(out, "metrics.jsonl"), "utf8");
    for (let task = 0; task < 3; task++) {
      expect(metrics).toContain(`"Top1_Acc_Exp/eval_phase/test_stream/Task00${task}/Exp00${task}"`);
    }
  });

  test("refuses heads by task on a benchmark without task labels, and both kinds at once", async () => {
    const words = ["--model", "mlp:multiHead=true", "--benchmark", "split-mnist:experiences=2"];
    const { status, stderr } = await train(words);
    expect(status).toBe(2);
    expect(stderr).toBe("mlp: multiHead=true requires a benchmark with task labels (taskLabels=true)\n");
    const both = await train(["--model", "mlp:multiHead=true,incremental=true", "--benchmark", TASKS]);
    expect(both.status).toBe(2);
    expect(both.stderr).toContain("mlp: incremental and multiHead exclude each other");
  });
});

describe("evaluate", () => {
  test("refuses a benchmark with task labels that the file has no head for, in one line", async () => {
    const words = ["--model", "mlp:hiddenSize=8,multiHead=true", "--benchmark", TASKS, "--workers", "0"];
    const { out, data } = await train(words);
    const benchmark = "split-mnist:experiences=10,taskLabels=true";
    const file = join(out, "onnx", "latest.onnx");
    const { status, stderr } = await captureCli([
      "evaluate",
      "--model",
      file,
      "--benchmark",
      benchmark,
      "--data",
      data,
    ]);
    expect(status).toBe(2);
    expect(stderr).toBe("the exported model needs task labels that it has a head for, got [3]\n");
  });
});
