import { lstat, mkdir, readdir, rm } from "node:fs/promises";
import { join } from "node:path";
import { RefusalError } from "../core/errors/errors.ts";
import { writeAtomically } from "../core/write_atomically.ts";
import { CheckpointFolder } from "./checkpoints/checkpoint_folder.ts";
import { LineFile } from "./line_file.ts";
import { createNumberedFolder } from "./numbered_folder.ts";
import { FROZEN_WEIGHTS_FILE, formatExportPath, START_MODEL_FILE } from "./run_files.ts";
import { RunLock } from "./run_lock.ts";
import { readErrorCode, withStorage } from "./storage_error.ts";
import { MatrixFile } from "./summary/matrix_file.ts";
import type { RunSummary } from "./summary/run_summary.ts";
import { formatSummary } from "./summary/summary_text.ts";

/** What a run leaves in its directory. A folder that holds any of it is taken. */
const RUN_ENTRIES = [
  "config.json",
  "summary.json",
  "metrics.jsonl",
  "accuracy_matrix.csv",
  "onnx",
  "export",
  "checkpoints",
  "accepted",
  START_MODEL_FILE,
  FROZEN_WEIGHTS_FILE,
] as const;

/** What plugins write into a run's folder. */
const LOG_NAME = /^(?:events\.out\.tfevents\..*|(?:training|eval)_results\.csv)$/;

/** A file of `writeAtomically` that a killed process left behind. */
const PARTIAL_NAME = /\.\d+-\d+\.partial$/;

/** What a summary may cost for each experience that came since the one before it. */
const SUMMARY_BYTES_PER_EXPERIENCE = 100_000;

/** How a run's files are written. */
export interface RunDirectoryParts {
  /** Released when the directory is closed. */
  readonly lock?: RunLock;
  /** How a file is written whole or not at all. Default: `writeAtomically`. */
  readonly write?: typeof writeAtomically;
  /** True where another process writes the files of the run, and this one only reads them. Default: false. */
  readonly isObserved?: boolean;
}

/** Where a run writes. Refusals of the disk are thrown as StorageErrors. */
export class RunDirectory {
  readonly path: string;
  readonly metrics: LineFile;
  readonly checkpoints: CheckpointFolder;
  /** The run's states after models that were accepted, where somebody judges them. */
  readonly accepted: CheckpointFolder;
  readonly #lock: RunLock | undefined;
  readonly #write: typeof writeAtomically;
  readonly #isObserved: boolean;
  readonly #matrix: MatrixFile;
  /** The newest summary that was written. */
  #summarised = { bytes: 0, experiences: 0 };

  /** @param path An existing folder; `createRunDirectory` makes one, `openRunDirectory` finds one. */
  constructor(path: string, { lock, write = writeAtomically, isObserved = false }: RunDirectoryParts = {}) {
    this.path = path;
    this.metrics = new LineFile(join(path, "metrics.jsonl"), { isObserved });
    this.#isObserved = isObserved;
    this.#lock = lock;
    this.#write = write;
    const matrix = new MatrixFile(join(path, "accuracy_matrix.csv"), (file, text) => write(file, encodeText(text)));
    this.#matrix = matrix;
    this.checkpoints = new CheckpointFolder(join(path, "checkpoints"), { write, matrix, isObserved });
    this.accepted = new CheckpointFolder(join(path, "accepted"), { write, matrix, isObserved });
  }

  /** Writes config.json. */
  writeConfig(config: unknown): Promise<void> {
    return this.writeFile("config.json", encodeText(`${JSON.stringify(config, null, 2)}\n`));
  }

  /**
   * Brings accuracy_matrix.csv and metrics.jsonl up to date and replaces summary.json. While a run goes on, a summary
   * that has become large is replaced less often: when there is one experience more for each 100 kB of it. So what a
   * run writes does not grow with the cube of its experiences.
   */
  async writeSummary(summary: RunSummary<unknown>): Promise<void> {
    if (this.#isObserved) return;
    const { status, experiences } = summary;
    this.metrics.flush();
    await withStorage(`write ${this.#matrix.path}`, () =>
      this.#matrix.write(experiences.map(({ testAccuracy }) => testAccuracy)),
    );
    const added = experiences.length - this.#summarised.experiences;
    if (status === "running" && this.#summarised.bytes > added * SUMMARY_BYTES_PER_EXPERIENCE) return;
    const bytes = encodeText(formatSummary(summary));
    await this.writeFile("summary.json", bytes);
    this.#summarised = { bytes: bytes.length, experiences: experiences.length };
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

  /** Makes a folder in the directory, where it is not there. */
  async makeFolder(name: string): Promise<void> {
    const path = this.resolve(name);
    await withStorage(`write to ${path}`, () =>
      mkdir(path).catch((error: unknown) => {
        if (readErrorCode(error) !== "EEXIST") throw error;
      }),
    );
  }

  /** Writes a file of the run, whole or not at all. */
  async writeFile(relativePath: string, bytes: Uint8Array): Promise<void> {
    if (this.#isObserved) return;
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
}

function encodeText(text: string): Uint8Array {
  return new TextEncoder().encode(text);
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
 * @throws {RefusalError} If another run is writing there, or a file of the run is a link.
 */
export async function openRunDirectory(path: string, parts: RunDirectoryParts = {}): Promise<RunDirectory> {
  await assertNoLinks(path);
  return withLock(path, async (lock) => {
    await withStorage(`write to ${path}`, async () => {
      await mkdir(join(path, "onnx"), { recursive: true });
      for (const folder of [path, join(path, "onnx"), join(path, "checkpoints"), join(path, "accepted")]) {
        for (const name of await listFolder(folder)) {
          if (PARTIAL_NAME.test(name)) await rm(join(folder, name), { force: true });
        }
      }
    });
    return new RunDirectory(path, { ...parts, lock });
  });
}

/** The folder of a run that another process writes: everything can be read, and nothing is written. */
export async function observeRunDirectory(path: string): Promise<RunDirectory> {
  return new RunDirectory(path, { isObserved: true });
}

/**
 * A run that goes on writes to what its folder holds, and the folder may come from somebody else: through a link it
 * would shorten or overwrite files anywhere.
 * @throws {RefusalError} If something that a run writes is a link, with its name.
 */
async function assertNoLinks(path: string): Promise<void> {
  for (const name of await listFolder(path)) {
    if (!RUN_ENTRIES.some((entry) => entry === name) && !LOG_NAME.test(name)) continue;
    if (!(await lstat(join(path, name))).isSymbolicLink()) continue;
    throw new RefusalError(
      `${join(path, name)} is a link; a run goes on in its own folder alone: move here what it leads to`,
    );
  }
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

/** Makes a run's folder by `createNumberedFolder`. */
export async function createNumberedRunDirectory(parent: string, stem: string): Promise<RunDirectory> {
  return createRunDirectory(await createNumberedFolder(parent, stem));
}

/** @throws {RefusalError} If `path` is no folder, or holds a file or folder that a run would overwrite. */
export async function assertNoRun(path: string): Promise<void> {
  const found = (await listFolder(path)).find((name) => RUN_ENTRIES.some((entry) => entry === name));
  if (found === undefined) return;
  throw new RefusalError(`${path} holds another run: ${found} is there`);
}

async function listFolder(path: string): Promise<string[]> {
  try {
    return await readdir(path);
  } catch (error) {
    const code = readErrorCode(error);
    if (code === "ENOENT") return [];
    if (code === "ENOTDIR") throw new RefusalError(`${path} is no folder`, { cause: error });
    throw error;
  }
}
