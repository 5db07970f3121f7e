import { afterAll, describe, expect, test } from "bun:test";
import { mkdir, readdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { writeAtomically } from "../../src/core/write_atomically.ts";
import { LineFile } from "../../src/runs/line_file.ts";
import { assertNoRun, createNumberedRunDirectory, createRunDirectory } from "../../src/runs/run_directory.ts";
import { createRunSummary } from "../../src/runs/summary/run_summary.ts";
import { makeFolder, removeFolders } from "../support/made_idx.ts";

afterAll(removeFolders);

describe("createRunDirectory()", () => {
  test("makes the folder, parents included, and takes an empty one or one with other files", async () => {
    const parent = await makeFolder({ "notes.txt": new Uint8Array() });
    const directory = await createRunDirectory(join(parent, "a", "b"));
    expect((await readdir(directory.path)).sort()).toEqual(["onnx", "run.lock"]);
    directory.close();
    (await createRunDirectory(parent)).close();
    expect((await readdir(parent)).sort()).toEqual(["a", "notes.txt", "onnx"]);
  });

  for (const name of [
    ...["config.json", "summary.json", "metrics.jsonl", "accuracy_matrix.csv", "onnx", "export", "checkpoints"],
    ...["accepted", "start_model.safetensors", "frozen_weights.safetensors"],
  ]) {
    test(`refuses a folder that holds ${name}`, async () => {
      const path = await makeFolder({});
      if (name.includes(".")) await writeFile(join(path, name), "");
      else await mkdir(join(path, name));
      await expect(createRunDirectory(path)).rejects.toThrow(`${path} holds another run: ${name} is there`);
      expect(await readdir(path)).toEqual([name]);
    });
  }

  test("refuses a path that is a file", async () => {
    const parent = await makeFolder({ taken: new Uint8Array() });
    await expect(assertNoRun(join(parent, "taken"))).rejects.toThrow("taken is no folder");
  });
});

describe("createNumberedRunDirectory()", () => {
  test("counts on from the highest number there is", async () => {
    const parent = join(await makeFolder({}), "runs");
    const names = [];
    for (let i = 0; i < 2; i++) names.push((await createNumberedRunDirectory(parent, "naive-split-mnist")).path);
    await mkdir(join(parent, "naive-split-mnist-9"));
    await mkdir(join(parent, "naive-split-mnist-x"));
    names.push((await createNumberedRunDirectory(parent, "naive-split-mnist")).path);
    names.push((await createNumberedRunDirectory(parent, "ewc-split-mnist")).path);
    expect(names).toEqual(
      ["naive-split-mnist-1", "naive-split-mnist-2", "naive-split-mnist-10", "ewc-split-mnist-1"].map((name) =>
        join(parent, name),
      ),
    );
  });

  test("gives runs that start at once folders of their own", async () => {
    const parent = await makeFolder({});
    const made = await Promise.all(Array.from({ length: 5 }, () => createNumberedRunDirectory(parent, "a")));
    expect(new Set(made.map(({ path }) => path)).size).toBe(5);
  });
});

describe("RunDirectory", () => {
  const summary = createRunSummary({
    status: "running",
    config: {},
    experiences: [
      {
        index: 0,
        classes: [0],
        examples: 1,
        epochs: 1,
        trainSeconds: 1,
        evalSeconds: 1,
        testAccuracy: [1, Number.NaN],
        streamAccuracy: 0.5,
        onnx: null,
      },
    ],
    trainedSamples: 1,
    parametersHash: null,
  });

  test("rewrites summary and matrix as a whole, brings the metrics up to date, and leaves nothing else", async () => {
    const directory = await createRunDirectory(join(await makeFolder({}), "run"));
    await directory.writeConfig({ a: 1 });
    directory.metrics.append('{"key":"a"}\n');
    for (let i = 0; i < 2; i++) await directory.writeSummary(summary);
    expect((await readdir(directory.path)).sort()).toEqual([
      "accuracy_matrix.csv",
      "config.json",
      "metrics.jsonl",
      "onnx",
      "run.lock",
      "summary.json",
    ]);
    const read = (name: string) => readFile(join(directory.path, name), "utf8");
    expect(JSON.parse(await read("config.json"))).toEqual({ a: 1 });
    expect(JSON.parse(await read("summary.json"))).toMatchObject({ status: "running", version: 1 });
    expect(await read("accuracy_matrix.csv")).toBe("1,\n");
    expect(await read("metrics.jsonl")).toBe('{"key":"a"}\n');
    directory.close();
  });

  test("replaces a large summary when there is an experience more for each 100 kB of it, and at the end", async () => {
    const sizes: number[] = [];
    const write: typeof writeAtomically = async (path, bytes) => {
      if (path.endsWith("summary.json")) sizes.push(bytes.length);
      await writeAtomically(path, bytes);
    };
    const directory = await createRunDirectory(join(await makeFolder({}), "run"), { write });
    const [row] = summary.experiences;
    if (!row) throw new Error("there is no row");
    const wide = { ...row, testAccuracy: new Array<number>(20_000).fill(1 / 3) };
    const experiences = (count: number) => new Array<typeof wide>(count).fill(wide);
    const writeRows = (count: number, status: "running" | "finished" = "running") =>
      directory.writeSummary({ ...summary, status, experiences: experiences(count) });
    const written: number[] = [];
    for (let count = 1; count <= 12; count++) {
      const before = sizes.length;
      await writeRows(count);
      if (sizes.length > before) written.push(count);
      const lines = (await readFile(directory.resolve("accuracy_matrix.csv"), "utf8")).trimEnd().split("\n");
      expect(lines.length).toBe(count);
    }
    await writeRows(12, "finished");
    directory.close();
    // A row has 0.38 MB: the first is written, 4 more pay for it, and 20 more would pay for those.
    expect(written).toEqual([1, 5]);
    expect(sizes.length).toBe(3);
    const text = await readFile(directory.resolve("summary.json"), "utf8");
    expect(JSON.parse(text)).toMatchObject({ status: "finished" });
  });

  test("numbers exports with three digits", async () => {
    const directory = await createRunDirectory(join(await makeFolder({}), "run"));
    expect(directory.exportPath(7)).toBe("onnx/experience-007.onnx");
    expect(directory.exportPath(1234)).toBe("onnx/experience-1234.onnx");
  });
});

describe("LineFile", () => {
  test("writes nothing before it must, then every line in order", async () => {
    const folder = await makeFolder({});
    const file = new LineFile(join(folder, "lines"));
    file.append("a\n");
    expect(await readdir(folder)).toEqual([]);
    file.flush();
    file.append("b é\n");
    file.append("x".repeat(70_000));
    expect(await readFile(file.path, "utf8")).toBe(`a\nb é\n${"x".repeat(70_000)}`);
    file.close();
  });

  test("adds to a file that is there", async () => {
    const folder = await makeFolder({ lines: new TextEncoder().encode("a\n") });
    const file = new LineFile(join(folder, "lines"));
    file.append("b\n");
    file.close();
    expect(await readFile(file.path, "utf8")).toBe("a\nb\n");
  });
});
