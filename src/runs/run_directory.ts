import { mkdir, readdir, readFile, rm } from "node:fs/promises";
import { join } from "node:path";
import { cannot, describeCause, RefusalError } from "../core/errors.ts";
import { writeAtomically } from "../core/write_atomically.ts";
import { formatAccuracyMatrixCsv } from "../evaluation/continual_measures.ts";
import { CheckpointFolder } from "./checkpoints/checkpoint_folder.ts";
import { LineFile } from "./line_file.ts";
import { formatExportPath } from "./run_files.ts";
import { RunLock } from "./run_lock.ts";
import type { RunSummary } from "./run_summary.ts";
import { readErrorCode, withStorage } from "./storage_error.ts";

/** What a run leaves in its directory. A folder that holds any of it is taken. */
const RUN_ENTRIES = [
  "config.json",
  "summary.json",
  "metrics.jsonl",
  "accuracy_matrix.csv",
  "onnx",
  "checkpoints",
] as const;

/** How a run's files are written. */
export interface RunDirectoryParts {
  /** Released when the directory is closed. */
  readonly lock?: RunLock;
  /** How a file is written whole or not at all; `writeAtomically` unless given. */
  readonly write?: typeof writeAtomically;
}

/** Where a run writes. Refusals of the disk are thrown as StorageErrors. */
export class RunDirectory {
  readonly path: string;
  readonly metrics: LineFile;
  readonly checkpoints: CheckpointFolder;
  readonly #lock: RunLock | undefined;
  readonly #write: typeof writeAtomically;

  /** @param path An existing folder; `createRunDirectory` makes one, `openRunDirectory` finds one. */
  constructor(path: string, { lock, write = writeAtomically }: RunDirectoryParts = {}) {
    this.path = path;
    this.metrics = new LineFile(join(path, "metrics.jsonl"));
    this.checkpoints = new CheckpointFolder(join(path, "checkpoints"), write);
    this.#lock = lock;
    this.#write = write;
  }

  /** Writes config.json. */
  writeConfig(config: unknown): Promise<void> {
    return this.#writeJSON("config.json", config);
  }

  /**
   * What config.json holds.
   * @throws {Error} If there is none, or it is not whole.
   */
  async readConfig(): Promise<unknown> {
    return readRunConfig(this.path);
  }

  /** Replaces summary.json and accuracy_matrix.csv, and brings metrics.jsonl up to date. */
  async writeSummary(summary: RunSummary<unknown>): Promise<void> {
    this.metrics.flush();
    const matrix = summary.experiences.map(({ testAccuracy }) => testAccuracy);
    await this.#writeText("accuracy_matrix.csv", formatAccuracyMatrixCsv(matrix));
    await this.#writeJSON("summary.json", summary);
  }

  /** Where the model trained up to an experience is exported to, relative to the directory. */
  exportPath(experience: number): string {
    return formatExportPath(experience);
  }

  /** The newest export, relative to the directory. */
  get latestExportPath(): string {
    return "onnx/latest.onnx";
  }

  /** The place of something in the directory. */
  resolve(relativePath: string): string {
    return join(this.path, relativePath);
  }

  /** Writes a file of the run, whole or not at all. */
  async writeFile(relativePath: string, bytes: Uint8Array): Promise<void> {
    const path = this.resolve(relativePath);
    await withStorage(`write ${path}`, () => this.#write(path, bytes));
  }

  /** Closes the files and lets other runs in. */
  close(): void {
    try {
      this.metrics.close();
    } finally {
      this.#lock?.release();
    }
  }

  #writeJSON(name: string, value: unknown): Promise<void> {
    return this.#writeText(name, `${JSON.stringify(value, null, 2)}\n`);
  }

  #writeText(name: string, text: string): Promise<void> {
    return this.writeFile(name, new TextEncoder().encode(text));
  }
}

/**
 * Makes the folder of a new run.
 * @throws {Error} If it holds a run already or another run is writing there.
 * @throws {StorageError} If it cannot be made.
 */
export async function createRunDirectory(path: string, parts: RunDirectoryParts = {}): Promise<RunDirectory> {
  await assertNoRun(path);
  return withLock(path, async (lock) => {
    // Another run may have been faster before the lock was ours.
    await assertNoRun(path);
    await withStorage(`write to ${path}`, () => mkdir(join(path, "onnx")));
    return new RunDirectory(path, { ...parts, lock });
  });
}

/**
 * Opens the folder of a run that is to go on, and removes what a process that was killed left half written.
 * @throws {Error} If another run is writing there.
 */
export async function openRunDirectory(path: string, parts: RunDirectoryParts = {}): Promise<RunDirectory> {
  return withLock(path, async (lock) => {
    await withStorage(`write to ${path}`, async () => {
      await mkdir(join(path, "onnx"), { recursive: true });
      for (const folder of [path, join(path, "onnx"), join(path, "checkpoints")]) {
        for (const name of await listFolder(folder)) {
          if (name.endsWith(".partial")) await rm(join(folder, name), { force: true });
        }
      }
    });
    return new RunDirectory(path, { ...parts, lock });
  });
}

/**
 * What the config.json of a run's folder holds.
 * @throws {Error} If there is no run, or the file is not JSON.
 */
export async function readRunConfig(path: string): Promise<unknown> {
  const act = `read the run in ${path}`;
  try {
    return JSON.parse(await readFile(join(path, "config.json"), "utf8"));
  } catch (cause) {
    if (readErrorCode(cause) !== "ENOENT")
      throw new RefusalError(cannot(act, "a config.json that holds JSON", describeCause(cause)), { cause });
    throw new RefusalError(cannot(act, "a folder that holds config.json", path), { cause });
  }
}

/** What the summary.json of a run's folder holds; undefined if it is not there or not one of this version. */
export async function readRunSummary(path: string): Promise<RunSummary<unknown> | undefined> {
  try {
    const summary: unknown = JSON.parse(await readFile(join(path, "summary.json"), "utf8"));
    return isSummary(summary) ? summary : undefined;
  } catch {
    return undefined;
  }
}

function isSummary(value: unknown): value is RunSummary<unknown> {
  const isVersioned = typeof value === "object" && value !== null && "version" in value && value.version === 1;
  return isVersioned && "experiences" in value && Array.isArray(value.experiences);
}

/** Takes the lock of a folder, which is made if it is not there; gives it back if `use` fails. */
async function withLock(path: string, use: (lock: RunLock) => Promise<RunDirectory>): Promise<RunDirectory> {
  const lock = await withStorage(`write to ${path}`, async () => {
    await mkdir(path, { recursive: true });
    return RunLock.acquire(path);
  });
  try {
    return await use(lock);
  } catch (error) {
    lock.release();
    throw error;
  }
}

/**
 * Makes `PARENT/STEM-NUMBER` with the lowest number above all that are there.
 * @param parent "runs", say; made where it is missing.
 */
export async function createNumberedRunDirectory(parent: string, stem: string): Promise<RunDirectory> {
  await mkdir(parent, { recursive: true });
  const pattern = new RegExp(`^${stem}-(\\d+)$`);
  const taken = (await readdir(parent)).map((name) => Number(pattern.exec(name)?.[1] ?? 0));
  for (let number = Math.max(0, ...taken) + 1; ; number++) {
    const path = join(parent, `${stem}-${number}`);
    if (await makeFolder(path)) return createRunDirectory(path);
  }
}

/** @throws {Error} If `path` is no folder, or holds a file or folder that a run would overwrite. */
export async function assertNoRun(path: string): Promise<void> {
  const found = (await listFolder(path)).find((name) => RUN_ENTRIES.some((entry) => entry === name));
  if (found === undefined) return;
  throw new RefusalError(`${cannot("start a run", "a folder that holds no other run", path)}, which holds ${found}`);
}

async function listFolder(path: string): Promise<string[]> {
  try {
    return await readdir(path);
  } catch (error) {
    const code = readErrorCode(error);
    if (code === "ENOENT") return [];
    if (code === "ENOTDIR") throw new RefusalError(cannot("start a run", "a folder", path), { cause: error });
    throw error;
  }
}

/** False if another run was faster. */
async function makeFolder(path: string): Promise<boolean> {
  try {
    await mkdir(path);
    return true;
  } catch (error) {
    if (readErrorCode(error) === "EEXIST") return false;
    throw error;
  }
}
