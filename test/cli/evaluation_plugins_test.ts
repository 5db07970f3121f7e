import { afterAll, describe, expect, test } from "bun:test";
import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { readEvents } from "../evaluation/tensorboard/read_events.ts";
import { captureCli } from "../support/captured_cli.ts";
import { makeFolder, makeMNISTFiles, removeFolders } from "../support/made_idx.ts";

afterAll(removeFolders);

/** Trains in two experiences on made data; returns the run's folder too. */
async function train(words: readonly string[]) {
  const data = await makeFolder(makeMNISTFiles({ trainPerClass: 8, testPerClass: 3 }));
  const out = join(await makeFolder({}), "run");
  const benchmark = ["--benchmark", "split-mnist:experiences=2", "--data", data, "--out", out];
  const small = ["--model", "mlp:hiddenSize=8,hiddenLayers=1", "--batch-size", "16", "--workers", "0", "--no-onnx"];
  return { out, ...(await captureCli(["train", ...benchmark, ...small, "--quiet", ...words])) };
}

async function readMetrics(out: string): Promise<{ key: string; value: unknown }[]> {
  const lines = (await readFile(join(out, "metrics.jsonl"), "utf8")).trim().split("\n");
  return lines.map((line) => JSON.parse(line));
}

describe("train --plugin tensorboard, csv and metrics", () => {
  test("write their files into the run's folder, with what the plugin metrics measures", async () => {
    const all =
      "topK=2,classAccuracy=true,confusionMatrix=true,maxForgetting=true,cumulative=true,amca=true,timing=true";
    const more =
      "regression=true,meanScores=true,labels=true,images=true,weights=true,mac=true,cpu=true,ram=true,disk=true,minibatch=true,byTask=true";
    const words = ["--plugin", "tensorboard", "--plugin", "csv", "--plugin", `metrics:${all},${more}`];
    const { out, status, stderr } = await train(words);
    expect({ status, stderr }).toEqual({ status: 0, stderr: "" });
    const names = await readdir(out);
    expect(names).toEqual(expect.arrayContaining(["training_results.csv", "eval_results.csv"]));

    const rows = (await readFile(join(out, "eval_results.csv"), "utf8")).trim().split("\n");
    expect(rows.map((row) => row.split(",").slice(0, 2).join())).toEqual([
      "eval_exp,training_exp",
      "0,0",
      "1,0",
      "0,1",
      "1,1",
    ]);

    const inLines = new Set((await readMetrics(out)).map(({ key }) => key));
    const events = readEvents(join(out, names.find((name) => name.startsWith("events.out.tfevents.")) ?? ""));
    const inEvents = new Set(events.flatMap(({ summary }) => summary?.value.map(({ tag }) => tag) ?? []));
    const ofMachine = [...inEvents].filter((key) => !inLines.has(key));
    expect([...inLines].filter((key) => !inEvents.has(key))).toEqual([]);
    expect(new Set(ofMachine.map((key) => key.split("/")[0]))).toEqual(
      new Set([
        ...["Time_Epoch", "Time_Exp", "Time_Stream", "CPUUsage_Epoch", "CPUUsage_Exp", "CPUUsage_Stream"],
        ...["MaxRAMUsage_Epoch", "MaxRAMUsage_Experience", "MaxRAMUsage_Stream"],
        ...["DiskUsage_Epoch", "DiskUsage_Exp", "DiskUsage_Stream"],
      ]),
    );
    for (const name of [
      "Topk_2_Acc_Stream/eval_phase/test_stream/Task000",
      "Top1_ClassAcc_Stream/eval_phase/test_stream/Task000/9",
      "ConfusionMatrix_Stream/eval_phase/test_stream",
      "StreamMaxForgetting/eval_phase/test_stream",
      "CumulativeAccuracy/eval_phase/test_stream/Exp001",
      "Top1_AMCA_Stream/test_stream/Task000",
      "Top1_RMSE_Stream/eval_phase/test_stream/Task000",
      "Top1_R2_Epoch/train_phase/train_stream/Task000",
      "MeanScores/eval_phase/test_stream/new_old_diff",
      "Repartition/train_phase/train_stream/Task_000",
      "images/train_phase/train_stream/Task000",
      "WeightCheckpoint/train_phase/train_stream/Exp001",
      "MAC_Exp/eval_phase/test_stream/Task000/Exp000",
      "Loss_MB/train_phase/train_stream/Task000",
      "Top1_TaskAcc_Exp/eval_phase/test_stream/Task000/Exp001",
      "TaskLoss_Stream/eval_phase/test_stream/Task000",
    ]) {
      expect(inLines.has(name) ? name : [...inLines]).toEqual(name);
    }
  });

  test("keep the hash of the weights that the summary states, and the model's multiplications", async () => {
    const { out } = await train(["--plugin", "metrics:weights=true,mac=true"]);
    const metrics = await readMetrics(out);
    const { parametersHash } = JSON.parse(await readFile(join(out, "summary.json"), "utf8"));
    const weights = metrics.findLast(({ key }) => key.startsWith("WeightCheckpoint/"))?.value;
    expect(weights).toMatchObject({ kind: "weights", sha256: parametersHash });
    expect(metrics.find(({ key }) => key.startsWith("MAC_Exp/"))?.value).toBe(784 * 8 + 8 * 10);
  });

  test("evaluate before any training, for forward transfer", async () => {
    const { out, stderr } = await train(["--plugin", "metrics:forwardTransfer=true"]);
    expect(stderr).toBe("");
    const metrics = await readMetrics(out);
    const of = (name: string) => metrics.filter(({ key }) => key.startsWith(name)).map(({ value }) => Number(value));
    const accuracy = of("Top1_Acc_Exp/eval_phase/test_stream/Task000/Exp001");
    expect(accuracy.length).toBe(3);
    const [untrained = 0, before = 0] = accuracy;
    // Known from the second experience on, after the first was trained; afterwards it stands.
    expect(of("ExperienceForwardTransfer")).toEqual([before - untrained, before - untrained]);
    expect(of("StreamForwardTransfer")).toEqual([before - untrained, before - untrained]);
    const summary = JSON.parse(await readFile(join(out, "summary.json"), "utf8"));
    expect(summary.experiences.length).toBe(2);
    expect(summary.parametersHash).toBe(
      JSON.parse(await readFile(join((await train([])).out, "summary.json"), "utf8")).parametersHash,
    );
  });

  test("change nothing that the run measures or learns", async () => {
    const [plain, watched] = [await train([]), await train(["--plugin", "metrics:images=true,labels=true"])];
    const hash = async (out: string) => JSON.parse(await readFile(join(out, "summary.json"), "utf8")).parametersHash;
    expect(await hash(watched.out)).toBe(await hash(plain.out));
    const keys = new Set((await readMetrics(plain.out)).map(({ key }) => key));
    const shared = (await readMetrics(watched.out)).filter(({ key }) => keys.has(key));
    expect(shared).toEqual(await readMetrics(plain.out));
  });

  test("refuse a GPU that nvidia-smi does not know, and forgetting on online streams", async () => {
    const { status, stderr } = await train(["--plugin", "metrics:gpu=99"]);
    expect({ status, lines: stderr.trim().split("\n").length }).toEqual({ status: 2, lines: 1 });
    expect(stderr).toContain("GPU 99 needs nvidia-smi that knows it");
    const online = ["--benchmark", "split-mnist:experiences=2,onlineExperienceSize=10"];
    for (const name of ["maxForgetting", "forwardTransfer"]) {
      const refused = await train([...online, "--plugin", `metrics:${name}=true`]);
      expect(refused.status).toBe(2);
      expect(refused.stderr).toContain(`metrics: ${name} requires experiences that are trained whole`);
    }
  });
});
