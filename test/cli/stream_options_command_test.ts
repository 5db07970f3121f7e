import { afterAll, describe, expect, test } from "bun:test";
import { access, mkdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { captureCli } from "../support/captured_cli.ts";
import { WORKER_COUNTS } from "../support/cover_members.ts";
import { makeFolder, removeFolders } from "../support/made_idx.ts";

afterAll(removeFolders);

const WORDS = ["--model", "mlp:hiddenSize=8,hiddenLayers=1", "--batch-size", "8", "--logical-shards", "2", "--quiet"];

/** Rows of a table with the classes a to f, `each` of every one, which lie apart in x. */
function makeTable(each: number): string {
  const rows = Array.from({ length: 6 * each }, (_, i) => `${i % 6},${(i * 7) % 5},${"abcdef"[i % 6]}`);
  return `x,noise,label\n${rows.join("\n")}\n`;
}

async function trainOn(benchmark: string, ...more: string[]) {
  const out = join(await makeFolder({}), "run");
  const { status, stderr } = await captureCli(["train", "--benchmark", benchmark, "--out", out, ...WORDS, ...more]);
  const exists = await access(out).then(
    () => true,
    () => false,
  );
  const summary = status === 0 ? JSON.parse(await readFile(join(out, "summary.json"), "utf8")) : undefined;
  return { status, stderr, out, exists, summary };
}

describe("train --benchmark with classesPerExperience", () => {
  test("deals as many classes as typed, as a list or for some, the same on any number of workers", async () => {
    const path = await makeFolder({ "train/d.csv": makeTable(12), "test/d.csv": makeTable(2) });
    const order = "classOrder=f|e|d|c|b|a";
    const hashes = new Set<string>();
    for (const workers of WORKER_COUNTS.map(String)) {
      const list = `directory:path=${path},${order},classesPerExperience=1|3|2`;
      const { status, stderr, summary } = await trainOn(list, "--workers", workers);
      expect({ status, stderr }).toEqual({ status: 0, stderr: "" });
      expect(summary.experiences.map(({ classes }: { classes: number[] }) => classes)).toEqual([
        [5],
        [2, 3, 4],
        [0, 1],
      ]);
      hashes.add(summary.parametersHash);
    }
    expect(hashes.size).toBe(1);
    const some = `directory:path=${path},${order},experiences=3,classesPerExperience=1:4`;
    const { summary, out } = await trainOn(some, "--workers", "0");
    expect(summary.experiences.map(({ classes }: { classes: number[] }) => classes.length)).toEqual([1, 4, 1]);
    const pair = `directory:path=${path},classOrder=f|b,leaveOutClasses=true`;
    const left = await trainOn(pair, "--workers", "0");
    expect(left.summary.experiences.map(({ classes }: { classes: number[] }) => classes)).toEqual([[5], [1]]);
    const again = await captureCli(["train", "--resume", out, "--quiet"]);
    expect(again.status).toBe(0);
  }, 60_000);

  test("refuses contradictions in one sentence, with no folder written", async () => {
    const path = await makeFolder({ "train/d.csv": makeTable(4), "test/d.csv": makeTable(1) });
    const refusals = {
      "classesPerExperience=1|3|3": "classesPerExperience must add up to the 6 classes, got 7",
      "experiences=2,classesPerExperience=1|3|2": "classesPerExperience must have 2 numbers, as experiences, got 3",
      "classesPerExperience=1|1:2": "classesPerExperience must be numbers of classes",
      "classesPerExperience=0:1|0:2": "classesPerExperience must have each experience once, got 0 twice",
      "scenario=new-instances,classesPerExperience=3|3": "no classesPerExperience where samples are dealt",
      "minClassPatternsInExperience=2": "scenario=new-instances beside minClassPatternsInExperience",
      "scenario=new-instances,minClassPatternsInExperience=2": "minClassPatternsInExperience must be at most 0",
      "leaveOutClasses=true": "leaveOutClasses requires classOrder",
      "perExpClasses=3|3": 'unknown option "perExpClasses", did you mean classesPerExperience?',
    };
    for (const [options, message] of Object.entries(refusals)) {
      const { status, stderr, exists } = await trainOn(`directory:path=${path},${options}`, "--workers", "0");
      expect({ options, status, exists }).toEqual({ options, status: 2, exists: false });
      expect(stderr).toContain(message);
      expect(stderr.trim().split("\n").length).toBe(1);
    }
  });
});

describe("train --benchmark with a number of samples for validation", () => {
  test("keeps so many of each experience, and refuses to keep all", async () => {
    const path = await makeFolder({ "train/d.csv": makeTable(8), "test/d.csv": makeTable(1) });
    const benchmark = `directory:path=${path},experiences=3`;
    const { status, summary } = await trainOn(`${benchmark},validationSize=6`, "--workers", "0");
    expect(status).toBe(0);
    expect(summary.experiences.map(({ examples }: { examples: number }) => examples)).toEqual([10, 10, 10]);
    const last = await trainOn(`${benchmark},validationSize=6,validationSplit=last`, "--workers", "1");
    expect(last.summary.experiences.map(({ examples }: { examples: number }) => examples)).toEqual([10, 10, 10]);
    const refusals = {
      "validationSize=16": "experience 0 needs validationSize below its 16 samples, got 16",
      "validationSize=1.5": "validationSize must be a number of at least 0 and below 1 or a whole number of at least 1",
      "validationSize=4,validationSplit=first": "validationSplit must be one of class-balanced, random, last",
    };
    for (const [options, message] of Object.entries(refusals)) {
      const refused = await trainOn(`${benchmark},${options}`, "--workers", "0");
      expect({ options, status: refused.status, exists: refused.exists }).toEqual({
        options,
        status: 2,
        exists: false,
      });
      expect(refused.stderr).toContain(message);
    }
  });
});

/** The class is the sign of x in the task 0 and its opposite in the task 1: no one head can tell both. */
function makeTasks(rows: number, shift: number): string {
  const cells = Array.from({ length: rows }, (_, i) => {
    const [sign, task] = [i % 2 === 0 ? 1 : -1, (i >> 1) % 2];
    return `${sign * (1 + ((i + shift) % 5) / 5)},${(i * 3) % 7},${task},${sign === 1 ? ["hi", "lo"][task] : ["lo", "hi"][task]}`;
  });
  return `x,noise,site,label\n${cells.join("\n")}\n`;
}

describe("train --benchmark with taskColumn", () => {
  test("has a head a task for samples of one experience, the same on any number of workers and in the file", async () => {
    const files = { "train/1/d.csv": makeTasks(80, 0), "train/2/d.csv": makeTasks(80, 1) };
    const path = await makeFolder({ ...files, "test/1/d.csv": makeTasks(20, 2), "test/2/d.csv": makeTasks(20, 3) });
    const benchmark = `directory:path=${path},taskColumn=site`;
    const model = ["--model", "mlp:hiddenSize=8,hiddenLayers=1,dropout=0,multiHead=true"];
    const learn = ["--optimizer", "adam:learningRate=0.02", "--epochs", "10", ...model];
    const workersOf = { "replay:memSize=20": WORKER_COUNTS.map(String), "lwf:alpha=1,temperature=2": ["0"] };
    for (const [strategy, counts] of Object.entries(workersOf)) {
      const hashes = new Set<string>();
      for (const workers of counts) {
        const { out, summary } = await trainOn(benchmark, "--strategy", strategy, "--workers", workers, ...learn);
        expect({ strategy, accuracy: summary.final.streamAccuracy }).toEqual({ strategy, accuracy: 1 });
        hashes.add(summary.parametersHash);
        const file = ["--model", join(out, "onnx", "latest.onnx"), "--benchmark", benchmark];
        expect(JSON.parse((await captureCli(["evaluate", ...file])).stdout)).toMatchObject({
          correct: 40,
          examples: 40,
        });
      }
      expect(hashes.size).toBe(1);
    }
    const single = await trainOn(`directory:path=${path},dropColumns=site`, "--workers", "0", ...learn.slice(0, 4));
    expect(single.summary.final.streamAccuracy).toBeLessThan(0.8);
    const columns = await trainOn(benchmark, "--model", "pnn", "--workers", "0");
    expect([columns.status, columns.exists]).toEqual([2, false]);
    expect(columns.stderr).toContain("has the task labels 0, 1, and a progressive network learns one task at a time");
  }, 60_000);

  test("goes on with a task that came later, as if it had been there", async () => {
    const months = (names: readonly string[]) =>
      Object.fromEntries(
        names.flatMap((name, i) => ["train", "test"].map((part) => [`${part}/${name}/d.csv`, makeTasks(40, i)])),
      );
    const path = await makeFolder(months(["1", "2"]));
    const words = ["--strategy", "replay:memSize=20", "--workers", "0", "--model", "mlp:hiddenSize=8,multiHead=true"];
    const { out } = await trainOn(`directory:path=${path},taskColumn=site`, ...words);
    const later = makeTasks(40, 5).replaceAll(",1,", ",3,");
    for (const part of ["train", "test"]) {
      await mkdir(join(path, part, "3"));
      await writeFile(join(path, part, "3", "d.csv"), later);
    }
    expect(await captureCli(["train", "--continue", out, "--quiet"])).toMatchObject({ status: 0, stderr: "" });
    const continued = JSON.parse(await readFile(join(out, "summary.json"), "utf8"));
    const { summary } = await trainOn(`directory:path=${path},taskColumn=site`, ...words);
    expect(continued.experiences.length).toBe(3);
    expect(continued.parametersHash).toBe(summary.parametersHash);
  }, 60_000);
});
