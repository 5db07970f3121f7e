import { afterAll, describe, expect, test } from "bun:test";
import { readdir, readFile, symlink } from "node:fs/promises";
import { join } from "node:path";
import { readEnding } from "../../scripts/faults/run_ending.ts";
import { writeAtomically } from "../../src/core/write_atomically.ts";
import { createTrainingRun, resumeTrainingRun } from "../../src/runs/create_training_run.ts";
import { LineFile } from "../../src/runs/line_file.ts";
import { createRunDirectory } from "../../src/runs/run_directory.ts";
import { StorageError } from "../../src/runs/storage_error.ts";
import { makeFolder, removeFolders } from "../support/made_idx.ts";
import { makeBenchmark, makeNaive } from "./made_run.ts";

afterAll(removeFolders);

const OPTIONS = {
  benchmark: makeBenchmark(),
  config: {},
  exportsModels: false,
  checkpointEvery: { kind: "iterations", iterations: 4 },
  createStrategy: makeNaive,
} as const;

/** Writes so many files, and then the disk is full. */
function createDisk(files: number): typeof writeAtomically {
  let left = files;
  return async (path, bytes) => {
    left -= 1;
    if (left < 0) throw Object.assign(new Error("ENOSPC: no space left on device, write"), { code: "ENOSPC" });
    await writeAtomically(path, bytes);
  };
}

/** Trains on a disk with room for so many files. Returns the folder and what ended the run. */
async function trainOn(files: number): Promise<{ directory: string; error: unknown }> {
  const directory = join(await makeFolder({}), "run");
  const makeDirectory = () => createRunDirectory(directory, { write: createDisk(files) });
  await using run = await createTrainingRun({ ...OPTIONS, directory: makeDirectory });
  const error: unknown = await run.train().then(
    () => undefined,
    (thrown) => thrown,
  );
  return { directory, error };
}

describe("TrainingRun on a full disk", () => {
  test("train() says so whenever it happens, and goes on to the same end once there is room", async () => {
    const { directory: whole, error } = await trainOn(1000);
    expect(error).toBe(undefined);
    const ending = await readEnding(whole);
    let isFinished = false;
    for (let files = 1; !isFinished; files++) {
      const { directory, error } = await trainOn(files);
      isFinished = error === undefined;
      if (isFinished) expect(files).toBeGreaterThan(10);
      else expect(error).toBeInstanceOf(StorageError);
      if (error instanceof Error)
        expect(error.message).toMatch(/^Cannot write .*: there is no space left on the disk$/);
      await using run = await resumeTrainingRun({ ...OPTIONS, directory });
      await run.train();
      expect(await readEnding(directory)).toEqual(ending);
    }
  });

  test("train() leaves no lock and no half-written file behind", async () => {
    const { directory } = await trainOn(6);
    const names = (await readdir(directory, { recursive: true })).sort();
    expect(names.filter((name) => /lock|partial/.test(name))).toEqual([]);
    const summary = JSON.parse(await readFile(join(directory, "summary.json"), "utf8"));
    expect(summary.status).toBe("running");
  });
});

describe("LineFile on a full disk", () => {
  /** A file whose every write fails for want of space. */
  async function makeFullFile(): Promise<LineFile> {
    const path = join(await makeFolder({}), "lines");
    await symlink("/dev/full", path);
    return new LineFile(path);
  }

  test("flush() says so each time, and close() does not say it again", async () => {
    const file = await makeFullFile();
    file.append("a\n");
    for (let i = 0; i < 2; i++) expect(() => file.flush()).toThrow(/^Cannot write .*lines: there is no space left/);
    file.close();
  });

  test("append() leaves it to flush() to say so", async () => {
    const file = await makeFullFile();
    for (let i = 0; i < 3; i++) file.append("x".repeat(70_000));
    expect(() => file.flush()).toThrow("no space left");
  });

  test("close() says so if nobody has been told", async () => {
    const file = await makeFullFile();
    file.append("a\n");
    expect(() => file.close()).toThrow("no space left");
  });
});

describe("createRunDirectory()", () => {
  test("says in one line that the folder cannot be made", async () => {
    const folder = await makeFolder({ file: new Uint8Array() });
    const made = createRunDirectory(join(folder, "file", "run"));
    await expect(made).rejects.toThrow(/ is no folder$/);
  });
});
