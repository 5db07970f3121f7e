import { afterAll, describe, expect, test } from "bun:test";
import { readFile, rm, writeFile } from "node:fs/promises";
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
    await expect(readRun(empty)).rejects.toThrow(`${empty} holds no run: config.json is missing`);
    await expect(readRun(join(empty, "nowhere"))).rejects.toThrow("nowhere: there is no such file or folder");
    const damaged = await makeRun({ tail: "nonsense\n" });
    await expect(readRun(damaged)).rejects.toThrow(/metrics\.jsonl, line 13: not JSON$/);
    const wrong = await makeRun({ tail: '{"key":1}\n' });
    await expect(readRun(wrong)).rejects.toThrow(/metrics\.jsonl, line 13: key must be a text, got 1$/);
    const other = await makeRun();
    await writeFile(join(other, "summary.json"), '{"version":2}');
    await expect(readRun(other)).rejects.toThrow(/summary\.json: version must be 1, got 2$/);
    await writeFile(join(other, "summary.json"), "{");
    await expect(readRun(other)).rejects.toThrow(/summary\.json: not JSON$/);
  });

  test("refuses a summary with fields that no run writes, by the field", async () => {
    const changes: readonly (readonly [path: readonly string[], value: unknown, message: string])[] = [
      [["experiences"], undefined, "experiences is missing"],
      [["experiences", "1"], {}, "experiences.1.index is missing"],
      [["experiences", "0", "testAccuracy"], 3, "experiences.0.testAccuracy must be a list, got 3"],
      [["final"], {}, "final.streamAccuracy is missing"],
      [["status"], "done", 'status must be "running" or "finished" or "interrupted" or "failed", got "done"'],
      [["parametersHash"], {}, "parametersHash must be a text, got an object of class Object"],
      ...[
        "javascript:alert(1)",
        "../../secret",
        "onnx/latest.onnx",
        "/onnx/experience-000.onnx",
        "onnx/experience-00.onnx",
      ].map(
        (path) =>
          [
            ["experiences", "2", "onnx", "path"],
            path,
            `experiences.2.onnx.path must be onnx/experience-NNN.onnx, got ${JSON.stringify(path)}`,
          ] as const,
      ),
    ];
    for (const [path, value, message] of changes) {
      const folder = await makeRun();
      const summary = JSON.parse(await readFile(join(folder, "summary.json"), "utf8"));
      const last = path.at(-1) ?? "";
      path.slice(0, -1).reduce((inner, key) => inner[key], summary)[last] = value;
      await writeFile(join(folder, "summary.json"), JSON.stringify(summary));
      await expect(readRun(folder)).rejects.toThrow(`${join(folder, "summary.json")}: ${message}`);
    }
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
