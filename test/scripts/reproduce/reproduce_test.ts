import { afterAll, describe, expect, test } from "bun:test";
import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { formatResults, judge } from "../../../scripts/reproduce/format_results.ts";
import { measureResult } from "../../../scripts/reproduce/measure_result.ts";
import {
  readMeasuredResults,
  replaceResult,
  writeMeasuredResults,
} from "../../../scripts/reproduce/measured_result.ts";
import type { PublishedResult } from "../../../scripts/reproduce/published_result.ts";
import { PUBLISHED_RESULTS } from "../../../scripts/reproduce/published_results.ts";
import { chooseResults } from "../../../scripts/reproduce/reproduce_command.ts";
import { resolveNamed } from "../../../src/cli/options/named_factory.ts";
import { BENCHMARKS } from "../../../src/cli/registries/benchmarks.ts";
import { MODELS } from "../../../src/cli/registries/models.ts";
import { OPTIMIZERS } from "../../../src/cli/registries/optimizers.ts";
import { PLUGINS } from "../../../src/cli/registries/plugins.ts";
import { STRATEGIES } from "../../../src/cli/registries/strategies.ts";
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

describe("measureResult()", () => {
  test("gives the accuracy of each seed's own run, and leaves nothing behind", async () => {
    const data = await makeFolder(makeMNISTFiles());
    const words = ["--data", data, "--benchmark", "split-mnist", "--model", "mlp:hiddenSize=8", "--workers", "0"];
    const lines: string[] = [];
    const stdout = { write: (text: string) => lines.push(text) > 0 };
    const context = { stdout, stderr: stdout, signal: new AbortController().signal };
    const { name, accuracies } = await measureResult({ name: "made", words }, 2, context);
    expect(name).toBe("made");
    expect(accuracies).toHaveLength(2);
    expect(lines).toEqual(accuracies.map((accuracy, seed) => `made, seed ${seed}: ${accuracy.toFixed(4)}\n`));
    const refused = measureResult({ name: "made", words: ["--strategy", "nothing"] }, 1, context);
    await expect(refused).rejects.toThrow("Cannot reproduce: train --strategy nothing");
  });
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
