import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { existsSync } from "node:fs";
import { cp, mkdir, readdir, readFile, rm, truncate } from "node:fs/promises";
import { join } from "node:path";
import { StopRequest } from "../../src/cli/cli_error.ts";
import { captureCli } from "../support/captured_cli.ts";
import { startJobHere as startJob } from "../support/job_here.ts";
import { makeFolder, makeMNISTFiles, removeFolders } from "../support/made_idx.ts";
import { addFiles, COMMON, FIXED, GROWING, listMonths, makeTable, readSummary, train } from "./made_months.ts";

afterAll(removeFolders);

const REPLAY = ["--strategy", "replay:memSize=12", "--workers", "0"];
/** Trains, and leaves the parameters as they are. */
const STILL = ["--optimizer", "sgd:learningRate=0", "--workers", "0"];

let [data, runs, fixed, growing] = ["", "", "", ""];
let months: string[] = [];

beforeAll(async () => {
  [data, runs] = [await makeFolder(listMonths(1, 2, [])), await makeFolder({})];
  months = ["--benchmark", `directory:path=${data}`, ...COMMON];
  [fixed, growing] = [join(runs, "fixed"), join(runs, "growing")];
  await train([...months, ...FIXED, "--workers", "0", "--out", fixed]);
  await train([...months, ...GROWING, "--strategy", "ewc:lambda=1", "--workers", "0", "--out", growing]);
});

/** A folder for a run of this name, which is not there yet. */
function nameRun(name: string): string {
  return join(runs, name);
}

describe("train --model run:FOLDER", () => {
  test("begins with the weights, heads and statistics of that run", async () => {
    for (const [name, from] of Object.entries({ fixed, growing })) {
      const out = nameRun(`still-${name}`);
      await train([...months, ...STILL, "--model", `run:${from}`, "--out", out]);
      const [earlier, later] = [await readSummary(from), await readSummary(out)];
      expect(later.parametersHash).toBe(earlier.parametersHash);
      expect(later.config.startParametersHash).toBe(earlier.parametersHash);
      expect(later.config.model).toEqual({ name: "run", options: { path: from } });
      const last = earlier.experiences.at(-1).testAccuracy;
      const rows = later.experiences.map((row: { testAccuracy: number[] }) => row.testAccuracy);
      expect(rows).toEqual([last, last]);
      expect(last).not.toEqual(earlier.experiences[0].testAccuracy);
    }
  });

  test("gives the same on any number of workers, and from a file", async () => {
    const hashes = new Set();
    const [newest = ""] = (await readdir(join(growing, "checkpoints"))).sort().reverse();
    const models = [`run:${growing}`, `checkpoint:path=${join(growing, "checkpoints", newest)}`];
    for (const [i, workers] of ["0", "1", "2", "2"].entries()) {
      const out = nameRun(`workers-${i}`);
      const model = ["--model", models[i === 3 ? 1 : 0] ?? ""];
      await train([...months, ...REPLAY.slice(0, 2), ...model, "--workers", workers, "--out", out]);
      hashes.add((await readSummary(out)).parametersHash);
    }
    expect(hashes.size).toBe(1);
    expect(hashes).not.toContain((await readSummary(growing)).parametersHash);
  });

  test("leaves class ids as they are, and gives new classes those that follow", async () => {
    const other = await makeFolder({
      "train/may/d.csv": makeTable(5, ["bee", "cat"]),
      "test/may/d.csv": makeTable(5.5, ["bee", "cat"], 4),
    });
    const words = ["--benchmark", `directory:path=${other}`, ...COMMON, ...REPLAY];
    const out = nameRun("bee");
    await train([...words, "--model", `run:${growing}`, "--out", out]);
    const { config, experiences } = await readSummary(out);
    expect(config.classNames).toEqual(["ant", "cat", "bee"]);
    expect(experiences[0].classes).toEqual([1, 2]);
    const refused = await captureCli(["train", ...words, "--model", `run:${fixed}`, "--out", nameRun("x")]);
    expect(refused.status).toBe(2);
    expect(refused.stderr).toContain('or a head that grows, got 2 (new classes: ["bee"])');
    expect(existsSync(nameRun("x"))).toBe(false);
  });

  test("goes on to the same bits though that run is gone: stopped at once, in the middle, and continued", async () => {
    const words = [...months.slice(0, -1), ...REPLAY];
    const whole = nameRun("whole");
    await train([...words, "--model", `run:${growing}`, "--out", whole, "--quiet"]);
    const { parametersHash } = await readSummary(whole);
    for (const [i, stopAt] of [1, 6].entries()) {
      const [from, out] = [nameRun(`from-${i}`), nameRun(`stopped-${i}`)];
      await cp(growing, from, { recursive: true });
      const controller = new AbortController();
      let events = 0;
      const listen = () => ++events === stopAt && controller.abort(new StopRequest("SIGINT"));
      const begun = ["train", ...words, "--model", `run:${from}`, "--out", out, "--log", "json"];
      expect((await captureCli(begun, { signal: controller.signal, listen })).status).toBe(130);
      await rm(from, { recursive: true });
      if (i === 0) await rm(join(out, "checkpoints"), { recursive: true, force: true });
      await train(["--resume", out, "--quiet"]);
      expect((await readSummary(out)).parametersHash).toBe(parametersHash);
    }
    await addFiles(data, listMonths(3, 3, []));
    await train(["--continue", nameRun("stopped-0"), "--quiet"]);
    expect((await readSummary(nameRun("stopped-0"))).experiences.length).toBe(3);
    await rm(join(data, "train/month3"), { recursive: true });
    await rm(join(data, "test/month3"), { recursive: true });
  });

  test("is refused in one sentence before anything is written, where there is no such model", async () => {
    const [empty, damaged, old] = [await makeFolder({}), nameRun("damaged"), nameRun("no-checkpoint")];
    await cp(fixed, damaged, { recursive: true });
    const [newest = ""] = (await readdir(join(damaged, "checkpoints"))).sort().reverse();
    await truncate(join(damaged, "checkpoints", newest), 100);
    await cp(fixed, old, { recursive: true });
    await rm(join(old, "checkpoints"), { recursive: true });
    const mnist = await makeFolder(makeMNISTFiles({ trainPerClass: 3, testPerClass: 1 }));
    const digits = ["--benchmark", "split-mnist:experiences=2", "--data", mnist];
    const cases: readonly (readonly [words: readonly string[], message: string])[] = [
      [["--model", `run:${empty}`], `${empty} holds no run: config.json is missing`],
      [["--model", `run:${empty}/nowhere`], `${empty}/nowhere: there is no such file or folder`],
      [["--model", `run:${old}`], `${old} holds a run without a checkpoint: there is no model yet`],
      [["--model", `run:${damaged}`], "damaged checkpoint: its bytes do not have"],
      [["--model", `checkpoint:${empty}/nothing`], "/nothing: there is no such file or folder"],
      [["--model", `checkpoint:${fixed}`], `${fixed} is no file`],
      [["--model", `checkpoint:${join(fixed, "summary.json")}`], "summary.json: no checkpoint: it begins with"],
      [["--model", `run:path=${fixed},units=3`], 'run: unknown option "units"; known: path'],
      [["--model", "run"], "run: path is required, a text"],
      [[...digits, "--model", `run:${fixed}`], 'its outputs stand for the classes ["ant", "cat"], those of the bench'],
    ];
    const begun = ["train", ...months, ...REPLAY, "--out", nameRun("x")];
    for (const [words, message] of cases) {
      const { status, stdout, stderr } = await captureCli([...begun, ...words]);
      expect({ status, stdout, lines: stderr.split("\n").length }).toEqual({ status: 2, stdout: "", lines: 2 });
      expect(stderr).toContain(message);
      expect(existsSync(nameRun("x"))).toBe(false);
    }
  });

  test("is refused, where its outputs stand for other targets, or for the same in another order", async () => {
    const table = "a,b,c,d\n1,2,3,4\n2,3,4,1\n3,1,2,2\n";
    const houses = await makeFolder({ "train/may/d.csv": table, "test/may/d.csv": table });
    const words = ["--workers", "0", "--quiet", "--no-onnx", "--batch-size", "2"];
    const readAs = (option: string) => ["train", "--benchmark", `directory:path=${houses},${option}`, ...words];
    const from = nameRun("houses");
    await train([...readAs("targets=c|d").slice(1), ...FIXED, "--out", from]);
    const again = ["--model", `run:${from}`, "--out"];
    await train([...readAs("targets=c|d").slice(1), ...again, nameRun("houses-again")]);
    const model = join(nameRun("houses-again"), "start_model.safetensors");
    for (const [option, other] of [
      ["targets=d|c", '["d", "c"]'],
      ["labelColumn=d", "others"],
    ]) {
      for (const begun of [again, ["--model", `checkpoint:${model}`, "--out"]]) {
        const { status, stderr } = await captureCli([...readAs(option ?? ""), ...begun, nameRun("x")]);
        expect(stderr).toContain(`stand for the targets ["c", "d"], those of the benchmark for ${other}`);
        expect(status).toBe(2);
        expect(existsSync(nameRun("x"))).toBe(false);
      }
    }
  });

  test("is refused, where samples have another shape or tasks are told apart otherwise", async () => {
    const mnist = await makeFolder(makeMNISTFiles({ trainPerClass: 3, testPerClass: 1 }));
    const pixels = await makeFolder({
      "train/a/d.csv": "a,b,c,label\n1,2,3,0\n2,3,4,1\n",
      "test/a/d.csv": "a,b,c,label\n1,2,3,0\n",
    });
    const words = ["--workers", "0", "--quiet", "--no-onnx"];
    const onDigits = ["--data", mnist, ...words];
    const [tasks, columns, digits] = [nameRun("tasks"), nameRun("columns"), nameRun("digits")];
    const separate = ["--benchmark", "split-mnist:experiences=2,taskLabels=true"];
    await train([...separate, ...onDigits, "--model", "mlp:hiddenSize=4,multiHead=true", "--out", tasks]);
    await train([...separate, ...onDigits, "--strategy", "pnn", "--model", "pnn:hiddenSize=4", "--out", columns]);
    await train([
      "--benchmark",
      "split-mnist:experiences=2",
      ...onDigits,
      "--model",
      "mlp:hiddenSize=4",
      "--out",
      digits,
    ]);
    const refuse = async (typed: readonly string[], message: string) => {
      const { status, stderr } = await captureCli(["train", ...words, ...typed, "--out", nameRun("x")]);
      expect([status, stderr.split("\n").length, existsSync(nameRun("x"))]).toEqual([2, 2, false]);
      expect(stderr).toContain(message);
    };
    await refuse(
      ["--data", mnist, "--model", `run:${tasks}`],
      "has a head a task and requires a benchmark with taskLabels=true",
    );
    await refuse(
      [...separate, "--data", mnist, "--strategy", "pnn", "--model", `run:${columns}`],
      "new tasks by --continue alone",
    );
    await refuse(
      ["--benchmark", `directory:path=${pixels}`, "--model", `run:${digits}`],
      "takes samples of shape [28, 28, 1], the benchmark has [3]",
    );
    await train([...separate, ...onDigits, "--model", `run:${tasks}`, "--out", nameRun("tasks-again")]);
  });

  test("is one model of a sweep's", async () => {
    const out = nameRun("sweep");
    const [model, words] = [
      ["--model", `run:${growing}`, ...GROWING],
      ["--strategy", "naive", "--strategy", "lwf:alpha=1"],
    ];
    const typed = ["sweep", ...months, ...words, ...model, "--seeds", "0", "--out", out];
    const { status, stderr } = await captureCli(typed, { startJob });
    expect({ status, stderr }).toEqual({ status: 0, stderr: "" });
    const { runs: rows } = JSON.parse(await readFile(join(out, "sweep.json"), "utf8"));
    const configs = rows.map(async ({ directory }: { directory: string }) => {
      const { startParametersHash } = JSON.parse(await readFile(join(out, directory, "config.json"), "utf8"));
      return startParametersHash;
    });
    const { parametersHash } = await readSummary(growing);
    expect(await Promise.all(configs)).toEqual([parametersHash, parametersHash, undefined, undefined]);
  });

  test("refuses a copy that is not what the run began with", async () => {
    const [out, other] = [nameRun("forged"), nameRun("other")];
    const begun = [...months, ...REPLAY, "--model", `run:${growing}`, "--out", out];
    const controller = new AbortController();
    const around = { signal: controller.signal, listen: () => controller.abort(new StopRequest("SIGINT")) };
    expect(
      (await captureCli(["train", ...begun.filter((word) => word !== "--quiet"), "--log", "json"], around)).status,
    ).toBe(130);
    await mkdir(other);
    await train([...months, ...REPLAY, "--model", `run:${fixed}`, "--out", join(other, "run")]);
    const file = join(out, "start_model.safetensors");
    await cp(join(other, "run", "start_model.safetensors"), file);
    const { status, stderr } = await captureCli(["train", "--resume", out]);
    expect(status).toBe(2);
    expect(stderr).toContain(`${file}: the parameters must be those that the run began with, "`);
  });
});
