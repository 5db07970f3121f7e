import { afterAll, describe, expect, test } from "bun:test";
import { rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { readRun, readRuns } from "../../src/report/read_run.ts";
import { makeFolder, removeFolders } from "../support/made_idx.ts";
import { makeRun } from "./made_run.ts";

afterAll(removeFolders);

describe("readRun()", () => {
  test("reads what a run wrote, null as NaN, and leaves descriptions of weights out", async () => {
    const folder = await makeRun();
    await rm(join(folder, "onnx/experience-002.onnx"));
    const run = await readRun(folder);
    expect(run).toMatchObject({ name: "made-run", folder, status: "finished", trainExamplesPerSecond: 12345 });
    expect(run.experiences[0]?.testAccuracy).toEqual([0.9, Number.NaN, Number.NaN]);
    expect(run.experiences.map(({ onnx }) => onnx?.sizeBytes)).toEqual([1234, 1234, undefined]);
    expect([...run.metrics.keys()]).toEqual([
      "Loss_Epoch/train_phase/train_stream/Task000",
      "Loss_Stream/eval_phase/test_stream/Task000",
      "ConfusionMatrix_Stream/eval_phase/test_stream",
    ]);
    expect(run.metrics.get("Loss_Stream/eval_phase/test_stream/Task000")?.[0]?.value).toBeNaN();
  });

  test("passes over a part of a last line, and takes a run without a summary for one that is running", async () => {
    const folder = await makeRun({ hasSummary: false, tail: '{"key":"Loss_' });
    const run = await readRun(folder);
    expect(run).toMatchObject({ status: "running", experiences: [], final: null });
    expect(run.metrics.size).toBe(3);
  });

  test("refuses a folder without a run, and files that no run writes", async () => {
    const empty = await makeFolder({});
    await expect(readRun(empty)).rejects.toThrow(`Cannot report: wanted a folder that holds a run`);
    await expect(readRun(join(empty, "nowhere"))).rejects.toThrow("Cannot report");
    const damaged = await makeRun({ tail: "nonsense\n" });
    await expect(readRun(damaged)).rejects.toThrow(/a metric in .*metrics\.jsonl:13, got "nonsense"/);
    const other = await makeRun();
    await writeFile(join(other, "summary.json"), '{"version":2}');
    await expect(readRun(other)).rejects.toThrow("a summary of version 1");
    await writeFile(join(other, "summary.json"), "{");
    await expect(readRun(other)).rejects.toThrow("wanted JSON in");
  });
});

describe("readRuns()", () => {
  test("names runs by the folder above, too, where two have one name", async () => {
    const [a, b, c] = [await makeRun(), await makeRun(), await makeRun({ name: "other" })];
    const names = (await readRuns([a, b, c])).map(({ name }) => name);
    expect(new Set(names).size).toBe(3);
    expect(names[0]).toMatch(/^.+\/made-run$/);
    expect(names[2]).toBe("other");
  });
});
