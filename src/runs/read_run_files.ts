import { readFile, stat } from "node:fs/promises";
import { join } from "node:path";
import { describeIssue } from "../core/errors/describe_issue.ts";
import { RefusalError, SyntaxRefusal, TypeRefusal } from "../core/errors/errors.ts";
import { withFileNamed } from "../core/errors/system_error.ts";
import { splitFingerprints } from "./resuming/source_fingerprints.ts";
import { readErrorCode, withStorage } from "./storage_error.ts";
import type { RunSummary } from "./summary/run_summary.ts";
import { summarySchema } from "./summary/summary_schema.ts";

/**
 * The configuration that the config.json of a run's folder holds. It is untrusted data.
 * @throws {RefusalError} If there is none.
 * @throws {SyntaxRefusal} If it is not JSON.
 */
export async function readRunConfig(folder: string): Promise<unknown> {
  return (await readRunOrigin(folder)).config;
}

/**
 * The same with fingerprints of the data that the run read.
 * @throws {RefusalError} If there is none.
 * @throws {SyntaxRefusal} If it is not JSON.
 */
export async function readRunOrigin(folder: string): Promise<ReturnType<typeof splitFingerprints>> {
  const json = await readJSON(join(folder, "config.json"));
  if (json !== undefined) return splitFingerprints(json);
  await withFileNamed(folder, () => stat(folder));
  throw new RefusalError(`${folder} holds no run: config.json is missing`);
}

/**
 * What the summary.json of a run's folder holds, NaN where the file has null; undefined if there is none.
 * @throws {SyntaxRefusal} If it is not JSON.
 * @throws {TypeRefusal} If it is not what a run writes, with the field.
 */
export async function readRunSummary(folder: string): Promise<RunSummary<unknown> | undefined> {
  const path = join(folder, "summary.json");
  const json = await readJSON(path);
  if (json === undefined) return undefined;
  const { data, error } = summarySchema.safeParse(json);
  if (data) return data;
  throw new TypeRefusal(`${path}: ${describeIssue(error, json)}`);
}

function readText(path: string): Promise<string | undefined> {
  return withStorage(`read ${path}`, async () => {
    try {
      await assertRegularFile(path);
      return await readFile(path, "utf8");
    } catch (error) {
      const code = readErrorCode(error);
      if (code === "ENOENT" || code === "ENOTDIR") return undefined;
      throw error;
    }
  });
}

/**
 * A pipe would be waited for, a device read for ever.
 * @throws {RefusalError} If `path` is no file, nor leads to one.
 */
export async function assertRegularFile(path: string): Promise<void> {
  if (!(await stat(path)).isFile()) throw new RefusalError(`${path} is no file`);
}

async function readJSON(path: string): Promise<unknown> {
  const text = await readText(path);
  if (text === undefined) return undefined;
  try {
    return JSON.parse(text);
  } catch (cause) {
    throw new SyntaxRefusal(`${path}: not JSON`, { cause });
  }
}
