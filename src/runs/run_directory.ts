import { mkdir, readdir } from "node:fs/promises";
import { join } from "node:path";
import { cannot } from "../core/errors.ts";
import { writeAtomically } from "../core/write_atomically.ts";
import { formatAccuracyMatrixCsv } from "../evaluation/continual_measures.ts";
import { LineFile } from "./line_file.ts";
import type { RunSummary } from "./run_summary.ts";

/** What a run leaves in its directory. A folder that holds any of it is taken. */
const RUN_ENTRIES = [
  "config.json",
  "summary.json",
  "metrics.jsonl",
  "accuracy_matrix.csv",
  "onnx",
  "checkpoints",
] as const;

/** Where a run writes. */
export class RunDirectory {
  readonly path: string;
  readonly metrics: LineFile;

  /** @param path An existing folder; `createRunDirectory` makes one. */
  constructor(path: string) {
    this.path = path;
    this.metrics = new LineFile(join(path, "metrics.jsonl"));
  }

  /** Writes config.json. */
  writeConfig(config: unknown): Promise<void> {
    return this.#writeJSON("config.json", config);
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
    return `onnx/experience-${String(experience).padStart(3, "0")}.onnx`;
  }

  /** The newest export, relative to the directory. */
  get latestExportPath(): string {
    return "onnx/latest.onnx";
  }

  /** The place of something in the directory. */
  resolve(relativePath: string): string {
    return join(this.path, relativePath);
  }

  close(): void {
    this.metrics.close();
  }

  #writeJSON(name: string, value: unknown): Promise<void> {
    return this.#writeText(name, `${JSON.stringify(value, null, 2)}\n`);
  }

  #writeText(name: string, text: string): Promise<void> {
    return writeAtomically(join(this.path, name), new TextEncoder().encode(text));
  }
}

/**
 * Makes the folder of a new run.
 * @throws {Error} If it holds a run already, or cannot be made.
 */
export async function createRunDirectory(path: string): Promise<RunDirectory> {
  await assertNoRun(path);
  await mkdir(join(path, "onnx"), { recursive: true });
  return new RunDirectory(path);
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
  throw new Error(`${cannot("start a run", "a folder that holds no other run", path)}, which holds ${found}`);
}

async function listFolder(path: string): Promise<string[]> {
  try {
    return await readdir(path);
  } catch (error) {
    const code = readErrorCode(error);
    if (code === "ENOENT") return [];
    if (code === "ENOTDIR") throw new Error(cannot("start a run", "a folder", path), { cause: error });
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

function readErrorCode(error: unknown): unknown {
  return error instanceof Error && "code" in error ? error.code : undefined;
}
