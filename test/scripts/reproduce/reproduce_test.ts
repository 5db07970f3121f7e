import { afterAll, describe, expect, test } from "bun:test";
import { existsSync } from "node:fs";
import { readFile, stat, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { formatResults, judge } from "../../../scripts/reproduce/format_results.ts";
import { measureResults } from "../../../scripts/reproduce/measure_results.ts";
import {
  type MeasuredResult,
  readMeasuredResults,
  replaceResult,
  writeMeasuredResults,
} from "../../../scripts/reproduce/measured_result.ts";
import type { PublishedResult } from "../../../scripts/reproduce/published_result.ts";
import { PUBLISHED_RESULTS } from "../../../scripts/reproduce/published_results.ts";
import { chooseResults, createReproduceProgram } from "../../../scripts/reproduce/reproduce_command.ts";
import { StopRequest } from "../../../src/cli/cli_error.ts";
import { resolveNamed } from "../../../src/cli/options/named_factory.ts";
import { BENCHMARKS } from "../../../src/cli/registries/benchmarks.ts";
import { MODELS } from "../../../src/cli/registries/models.ts";
import { OPTIMIZERS } from "../../../src/cli/registries/optimizers.ts";
import { PLUGINS } from "../../../src/cli/registries/plugins.ts";
import { STRATEGIES } from "../../../src/cli/registries/strategies.ts";
import { runProgram } from "../../../src/cli/run_cli.ts";
import { captureCli } from "../../support/captured_cli.ts";
import { startJobHere } from "../../support/job_here.ts";
import { makeFolder, makeMNISTFiles, removeFolders } from "../../support/made_idx.ts";

afterAll(removeFolders);

const published: PublishedResult = {
  name: "made",
  published: 0.9,
  tolerance: 0.02,
  source: "a paper",
  words: ["--epochs", "1"],
  departure: "",
};

describe("PUBLISHED_RESULTS", () => {
  const resolve: Readonly<Record<string, (text: string) => unknown>> = {
    "--strategy": (text) => resolveNamed(STRATEGIES, text),
    "--benchmark": (text) => resolveNamed(BENCHMARKS, text),
    "--model": (text) => resolveNamed(MODELS, text),
    "--optimizer": (text) => resolveNamed(OPTIMIZERS, text),
    "--plugin": (text) => resolveNamed(PLUGINS, text),
  };
  for (const { name, words } of PUBLISHED_RESULTS) {
    test(`names what there is, with options that exist: ${name}`, () => {
      for (let i = 0; i < words.length; i += 2)
        expect(() => resolve[words[i] ?? ""]?.(words[i + 1] ?? "")).not.toThrow();
      for (const option of ["--strategy", "--benchmark", "--model", "--optimizer"]) expect(words).toContain(option);
      expect(words).not.toContain("--seed");
    });
  }

  test("have names of their own, a source, and an accuracy", () => {
    expect(new Set(PUBLISHED_RESULTS.map(({ name }) => name)).size).toBe(PUBLISHED_RESULTS.length);
    for (const { source, published: accuracy, tolerance } of PUBLISHED_RESULTS) {
      expect(source).not.toBe("");
      expect(accuracy).toBeGreaterThan(tolerance);
      expect(accuracy).toBeLessThan(1);
    }
  });
});

describe("measureResults()", () => {
  /** Two small results, what was kept of them, and the lines that were told. */
  async function makeResults() {
    const data = await makeFolder(makeMNISTFiles());
    const words = [
      "--data",
      data,
      "--benchmark",
      "split-mnist",
      "--model",
      "mlp:hiddenSize=8",
      "--logical-shards",
      "2",
    ];
    const kept: MeasuredResult[] = [];
    const lines: string[] = [];
    const stdout = { write: (text: string) => lines.push(text) > 0 };
    const keep = async (result: MeasuredResult) => void kept.push(result);
    const context = { stdout, stderr: stdout, signal: new AbortController().signal, startJob: startJobHere };
    const options = { seeds: 2, folder: join(await makeFolder({}), "runs"), jobs: 2, keep };
    const results = [
      { name: "first", words },
      { name: "second", words: [...words, "--strategy", "replay:memSize=4", "--workers", "1"] },
    ];
    return { results, kept, lines, context, options };
  }

  test("keeps the accuracies of each seed's own run, as train gives them, once both are finished", async () => {
    const { results, kept, lines, context, options } = await makeResults();
    await measureResults(results, options, context);
    expect(kept.map(({ name }) => name).sort()).toEqual(["first", "second"]);
    for (const { name, accuracies, secondsPerRun } of kept) {
      expect(accuracies).toHaveLength(2);
      expect(secondsPerRun).toBeGreaterThan(0);
      for (const [seed, accuracy] of accuracies.entries()) {
        expect(lines.join("")).toContain(`${name}, seed ${seed}: finished, stream accuracy ${accuracy.toFixed(4)}`);
      }
    }
    const alone = join(await makeFolder({}), "alone");
    const { words = [] } = results[0] ?? {};
    await captureCli(["train", ...words, "--seed", "1", "--workers", "2", "--out", alone, "--quiet", "--no-onnx"]);
    const read = async (folder: string) => JSON.parse(await readFile(join(folder, "summary.json"), "utf8"));
    const [one, other] = [await read(alone), await read(join(options.folder, "first-seed-1"))];
    expect(other.parametersHash).toBe(one.parametersHash);
    expect(kept.find(({ name }) => name === "first")?.accuracies[1]).toBe(one.final.streamAccuracy);
  }, 60_000);

  test("goes on with what a folder holds, and refuses runs of other options or versions", async () => {
    const { results, kept, lines, context, options } = await makeResults();
    const signal = AbortSignal.abort(new StopRequest("SIGINT"));
    await expect(measureResults(results, options, { ...context, signal })).rejects.toThrow("goes on");
    expect(kept).toEqual([]);
    await measureResults(results.slice(0, 1), options, context);
    const first = join(options.folder, "first-seed-0", "summary.json");
    const { mtimeMs } = await stat(first);
    lines.length = 0;
    await measureResults(results, { ...options, seeds: 1 }, context);
    expect((await stat(first)).mtimeMs).toBe(mtimeMs);
    expect(kept.map(({ name, accuracies }) => [name, accuracies.length])).toEqual([
      ["first", 2],
      ["first", 1],
      ["second", 1],
    ]);
    const changed = results.map((result) => ({ ...result, words: [...result.words, "--epochs", "2"] }));
    const refused = measureResults(changed, options, context);
    await expect(refused).rejects.toThrow("sweep.json: its runs of first have other options");
    const path = join(options.folder, "sweep.json");
    await writeFile(path, (await readFile(path, "utf8")).replace(/"firn": "[^"]*"/, '"firn": "0.0.1"'));
    await expect(measureResults(results, options, context)).rejects.toThrow("its runs are of version 0.0.1, this is ");
  }, 60_000);

  test("begin with a folder for the results, so that none is lost for want of one", async () => {
    const folder = await makeFolder({});
    const { context } = await makeResults();
    const around = { ...context, signal: AbortSignal.abort(new StopRequest("SIGINT")) };
    const words = ["mir-split-mnist", "--out", join(folder, "a/b"), "--runs", join(folder, "runs")];
    expect(await runProgram(createReproduceProgram(around), words, around)).toBe(130);
    expect(existsSync(join(folder, "a/b"))).toBe(true);
  });

  test("tells of runs that fail, and keeps the others", async () => {
    const { results, kept, lines, context, options } = await makeResults();
    const missing = { name: "missing", words: [...(results[0]?.words ?? []), "--data", "/nowhere"] };
    const failed = measureResults([missing, ...results.slice(0, 1)], options, context);
    await expect(failed).rejects.toThrow("2 of 4 runs failed; the same command with --runs ");
    expect(kept.map(({ name }) => name)).toEqual(["first"]);
    expect(lines.join("")).toMatch(/missing, seed 0: failed.*\/nowhere/);
  }, 60_000);
});

describe("results", () => {
  test("are kept by name, the newest of each, and read again as they were", async () => {
    const folder = await makeFolder({});
    const path = join(folder, "results.json");
    expect(await readMeasuredResults(path)).toEqual([]);
    const [first, second] = [0.8, 0.9].map((accuracy) => ({ ...measured, accuracies: [accuracy] }));
    const other = { ...measured, name: "other" };
    const results = replaceResult([first ?? measured, other], second ?? measured);
    expect(results).toEqual([other, second ?? measured]);
    await writeMeasuredResults(path, results);
    expect(await readMeasuredResults(path)).toEqual(results);
    await writeFile(path, '[{"name": 3}]');
    await expect(readMeasuredResults(path)).rejects.toThrow();
    expect(await readFile(path, "utf8")).toContain('"name": 3');
  });

  test("are judged by their mean", () => {
    expect(judge(published, [0.86, 0.91])).toBe("reached");
    expect(judge(published, [0.87])).toBe("below");
    expect(judge(published, [0.95, 0.9])).toBe("above");
  });

  test("are listed with mean, spread, what was published and the command, measured or not", () => {
    const other = { ...published, name: "other", departure: "made up" };
    const text = formatResults([published, other], [measured]);
    expect(text).toContain("| made | 0.9000 | 0.0200 | 3 | 0.9 | 0.02 | reached | 12 |");
    expect(text).toContain("| other | | | | 0.9 | 0.02 | not measured yet | |");
    expect(text).toContain("bun run train --epochs 1 --seed N");
    expect(text).toContain("Source: a paper.\n");
    expect(text).toContain("Source: a paper. Departure: made up.\n");
  });
});

const measured = { name: "made", accuracies: [0.88, 0.9, 0.92], secondsPerRun: 12.3, version: "0.1.0" };

describe("chooseResults()", () => {
  test("takes all, or those named in the order of the list, and refuses other names", () => {
    expect(chooseResults([])).toEqual(PUBLISHED_RESULTS);
    const names = chooseResults(["lwf-split-mnist", "ewc-permuted-mnist"]).map(({ name }) => name);
    expect(names).toEqual(["ewc-permuted-mnist", "lwf-split-mnist"]);
    expect(() => chooseResults(["lwf-split-mnst"])).toThrow("did you mean lwf-split-mnist");
  });
});
