import { afterAll, describe, expect, test } from "bun:test";
import { existsSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { readEnding } from "../../scripts/faults/run_ending.ts";
import { StopRequest } from "../../src/cli/cli_error.ts";
import { captureCli } from "../support/captured_cli.ts";
import { WORKER_COUNTS } from "../support/cover_members.ts";
import { makeFolder, makeMNISTFiles, removeFolders } from "../support/made_idx.ts";
import { makeMonths } from "../support/recorded_targets.ts";
import { addFiles, COMMON, FIXED, makeTable, readSummary, train } from "./made_months.ts";

afterAll(removeFolders);

/** Months in which class cat becomes rarer and rarer. */
function listUnevenMonths(first: number, last: number): Record<string, string> {
  const files: Record<string, string> = {};
  for (let month = first; month <= last; month++) {
    const rare = makeTable(month, ["cat"], 8 - month).replace("a,b,label\n", "");
    files[`train/month${month}/d.csv`] = `${makeTable(month, ["ant"])}${rare}`;
    files[`test/month${month}/d.csv`] = makeTable(month + 0.5, ["ant", "cat"], 4);
  }
  return files;
}

/** Options of a run over three uneven months, and a folder for runs. */
async function makeRun() {
  const [data, runs] = [await makeFolder(listUnevenMonths(1, 3)), await makeFolder({})];
  const words = ["--benchmark", `directory:path=${data}`, ...COMMON, ...FIXED, "--strategy", "replay:memSize=12"];
  return { data, runs, words };
}

const BALANCED = ["--criterion", "cross-entropy:classWeights=balanced,labelSmoothing=.1"];
const BALANCED_CHOICE = { name: "cross-entropy", options: { classWeights: "balanced", labelSmoothing: 0.1 } };

describe("train --criterion", () => {
  test("minimises what it names, with the same bits on any number of workers, and says so in config.json", async () => {
    const { runs, words } = await makeRun();
    const hashes = new Map<string, string>();
    for (const criterion of [
      ...["cross-entropy", "cross-entropy:classWeights=1|5", "cross-entropy:classWeights=balanced,labelSmoothing=.1"],
      ...["focal:gamma=1,alpha=1|3", "focal:form=sigmoid,alpha=0.75", "bce:posWeight=1|4", "mse", "huber:delta=0.5"],
    ]) {
      const own: string[] = [];
      for (const workers of criterion.includes("balanced") ? WORKER_COUNTS.map(String) : ["0"]) {
        const out = join(runs, `${hashes.size}-${workers}`);
        await train([...words, "--criterion", criterion, "--workers", workers, "--out", out, "--no-onnx"]);
        own.push((await readSummary(out)).parametersHash);
      }
      expect(new Set(own).size).toBe(1);
      hashes.set(criterion, String(own[0]));
    }
    expect(new Set(hashes.values()).size).toBe(hashes.size);
    const plain = join(runs, "plain");
    await train([...words, "--workers", "0", "--out", plain, "--no-onnx"]);
    expect(hashes.get("cross-entropy")).toBe((await readSummary(plain)).parametersHash);
    expect((await readSummary(plain)).config.criterion).toBeUndefined();
    expect((await readSummary(join(runs, "0-0"))).config.criterion).toBeUndefined();
    expect((await readSummary(join(runs, "2-0"))).config.criterion).toEqual(BALANCED_CHOICE);
    expect(JSON.parse(await readFile(join(runs, "3-0", "config.json"), "utf8")).criterion).toEqual({
      name: "focal",
      options: { gamma: 1, alpha: [1, 3] },
    });
  });

  test("goes on with balanced weights where a run was stopped, and refuses another criterion", async () => {
    const { runs, words } = await makeRun();
    const whole = join(runs, "whole");
    await train([...words, ...BALANCED, "--workers", "0", "--out", whole]);
    const cut = join(runs, "cut");
    const controller = new AbortController();
    let events = 0;
    const listen = () => ++events === 8 && controller.abort(new StopRequest("SIGINT"));
    const noisy = words.filter((word) => word !== "--quiet");
    const around = { signal: controller.signal, listen };
    const begin = ["train", ...noisy, ...BALANCED, "--workers", "0", "--out", cut, "--log", "json"];
    expect((await captureCli(begin, around)).status).toBe(130);
    expect((await readSummary(cut)).status).toBe("interrupted");
    const refused = await captureCli(["train", "--resume", cut, "--criterion", "focal"]);
    expect(refused.status).toBe(2);
    const has = "cross-entropy:classWeights=balanced,labelSmoothing=0.1";
    expect(refused.stderr).toContain(`the run has --criterion ${has}, got focal:gamma=2`);
    const resumed = await captureCli(["train", "--resume", cut, ...BALANCED, "--workers", "2", "--quiet"]);
    expect({ status: resumed.status, stderr: resumed.stderr }).toEqual({ status: 0, stderr: "" });
    expect(resumed.stdout).toContain(`criterion           ${has}\n`);
    expect(await readEnding(cut)).toEqual(await readEnding(whole));
  });

  test("of a continued run stays, and its balanced weights count all months", async () => {
    const { data, runs, words } = await makeRun();
    const grown = join(runs, "grown");
    await train([...words, ...BALANCED, "--workers", "0", "--out", grown]);
    await addFiles(data, listUnevenMonths(4, 5));
    const refused = await captureCli(["train", "--continue", grown, "--criterion", "cross-entropy"]);
    expect(refused.status).toBe(2);
    expect(refused.stderr).toContain("got cross-entropy:labelSmoothing=0");
    await train(["--continue", grown, "--quiet", "--workers", "0"]);
    const whole = join(runs, "whole");
    await train([...words, ...BALANCED, "--workers", "0", "--out", whole]);
    expect((await readSummary(grown)).parametersHash).toBe((await readSummary(whole)).parametersHash);
    expect((await readSummary(grown)).config.criterion).toEqual(BALANCED_CHOICE);
    const plain = join(runs, "plain");
    await train([...words, "--workers", "0", "--out", plain]);
    const same = await captureCli(["train", "--resume", plain, "--criterion", "cross-entropy"]);
    expect({ status: same.status, stderr: same.stderr }).toEqual({ status: 0, stderr: "" });
    const other = await captureCli(["train", "--resume", plain, "--criterion", "mse"]);
    expect(other.stderr).toContain("the run has --criterion cross-entropy:labelSmoothing=0, got mse");
  });

  test("fits the targets where none is named, and says which: mse for values, bce for labels", async () => {
    const [data, runs] = [await makeFolder(makeMonths()), await makeFolder({})];
    const ofValues = `directory:path=${data},targets=price|weight,dropColumns=red|round|big`;
    const ofLabels = `directory:path=${data},labels=red|round|big,dropColumns=price|weight`;
    const hashes: string[] = [];
    for (const [benchmark, words, name] of [
      [ofValues, [], "mse"],
      [ofValues, ["--criterion", "mse"], "mse"],
      [ofValues, ["--criterion", "huber:delta=0.2"], "huber"],
      [ofLabels, [], "bce"],
      [ofLabels, ["--criterion", "bce"], "bce"],
      [ofLabels, ["--criterion", "bce:posWeight=4"], "bce"],
      [ofLabels, ["--criterion", "focal:alpha=0.25"], "focal"],
    ] as const) {
      const out = join(runs, String(hashes.length));
      await train(["--benchmark", benchmark, ...COMMON, ...FIXED, ...words, "--workers", "0", "--out", out]);
      const { config, parametersHash } = await readSummary(out);
      expect(config.criterion.name).toBe(name);
      hashes.push(parametersHash);
    }
    expect([hashes[1], hashes[4]]).toEqual([hashes[0], hashes[3]]);
    expect(new Set(hashes).size).toBe(5);
    const refused = await captureCli(["train", "--benchmark", ofLabels, ...FIXED, "--criterion", "cross-entropy"]);
    const fitting = "3 labels a sample: take bce or mse or huber or focal";
    expect(refused).toMatchObject({ status: 2, stdout: "" });
    expect(refused.stderr).toContain(fitting);
  });

  test("is refused before a folder is made: unknown, out of range, for other targets, or beside a loss of its own", async () => {
    const { runs, words } = await makeRun();
    const out = join(runs, "run");
    const numbers = await makeFolder({
      "train/1/d.csv": "a,b,price\n1,0,2.5\n0,1,1\n",
      "test/1/d.csv": "a,b,price\n1,0,2.5\n",
    });
    const ofNumbers = ["--benchmark", `directory:path=${numbers},targets=price`, ...COMMON, ...FIXED];
    const mnist = await makeFolder(makeMNISTFiles({ trainPerClass: 4, testPerClass: 1 }));
    const online = "split-mnist:experiences=2,onlineExperienceSize=8";
    const streaming = ["--benchmark", online, "--data", mnist, ...COMMON, ...FIXED, "--strategy", "streaming-lda"];
    const split = ["--benchmark", "split-mnist:experiences=5", "--data", mnist, ...COMMON];
    const growing = [...split, "--model", "mlp:hiddenSize=8,incremental=true"];
    for (const [given, criterion, message] of [
      [words, "focl", 'unknown criterion "focl", did you mean focal?'],
      [words, "huber:delta=0", "huber: delta must be above 0, got 0"],
      [words, "cross-entropy:classWeights=0.5|-1", 'got "0.5|-1"'],
      [words, "cross-entropy:classMask=1", 'cross-entropy: unknown option "classMask"'],
      [words, "cross-entropy:classWeights=1", "needs one number for each of the model's 2 outputs, got 1"],
      [growing, "cross-entropy:classWeights=1|2", "one number for each of the model's 10 outputs, got 2"],
      [growing, "bce", "BCEWithLogitsLoss counts every output, and a head that grows has outputs"],
      [growing, "cross-entropy:labelSmoothing=0.1", "take plain cross-entropy, or a head of fixed width"],
      [words, "focal:alpha=0.25", 'one number is for form "sigmoid"'],
      [ofNumbers, "focal", "--criterion focal:gamma=2 is not for targets that are 1 value a sample: take mse or huber"],
      [
        [...words, "--strategy", "icarl:memSize=8"],
        "focal",
        "ICaRLPlugin trains by a loss of its own: criterion must be",
      ],
      [streaming, "focal", "StreamingLDA trains by a loss of its own: criterion must be left out, got FocalLoss"],
    ] as const) {
      const outcome = await captureCli(["train", ...given, "--criterion", criterion, "--workers", "0", "--out", out]);
      expect({ status: outcome.status, stdout: outcome.stdout }).toEqual({ status: 2, stdout: "" });
      expect(outcome.stderr).toContain(message);
      expect(existsSync(out)).toBe(false);
    }
    const own = ["--strategy", "icarl:memSize=8", "--criterion", "cross-entropy"];
    await train([...words, ...own, "--workers", "0", "--out", out]);
  });
});

describe("criteria", () => {
  test("lists what --criterion can name", async () => {
    const { status, stdout } = await captureCli(["criteria", "--json"]);
    expect(status).toBe(0);
    const entries: { readonly name: string; readonly options: { readonly name: string }[] }[] = JSON.parse(stdout);
    expect(entries.map(({ name, options }) => [name, ...options.map((option) => option.name)])).toEqual([
      ["cross-entropy", "classWeights", "labelSmoothing"],
      ["bce", "posWeight"],
      ["mse"],
      ["huber", "delta"],
      ["focal", "gamma", "alpha", "form"],
    ]);
  });
});
