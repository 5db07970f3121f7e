import { readFile, stat } from "node:fs/promises";
import { basename, dirname, join, resolve } from "node:path";
import { cannot, RefusalError, SyntaxRefusal } from "../core/errors.ts";
import { readMetricLines } from "./read_metric_lines.ts";
import type { ReportedRun } from "./reported_run.ts";
import { summarySchema } from "./summary_schema.ts";

/**
 * Reads a run directory, be the run finished or not.
 * @throws {Error} If the folder holds no run, or a file of it is not what a run writes.
 */
export async function readRun(path: string): Promise<ReportedRun> {
  const folder = resolve(path);
  const config = await readJSON(path, "config.json");
  if (config === undefined)
    throw new RefusalError(cannot("report", "a folder that holds a run (with config.json)", path));
  const summary = await readSummary(path);
  const metrics = readMetricLines(join(path, "metrics.jsonl"), (await readText(join(path, "metrics.jsonl"))) ?? "");
  const experiences = (summary?.experiences ?? []).map(async (experience) => {
    if (!experience.onnx) return { ...experience, onnx: null };
    return {
      ...experience,
      onnx: { ...experience.onnx, sizeBytes: await measure(join(folder, experience.onnx.path)) },
    };
  });
  return {
    name: basename(folder),
    folder,
    status: summary?.status ?? "running",
    error: summary?.error,
    config,
    experiences: await Promise.all(experiences),
    final: summary?.final ?? null,
    trainExamplesPerSecond: summary?.throughput?.trainExamplesPerSecond,
    parametersHash: summary?.parametersHash ?? null,
    metrics,
  };
}

/**
 * Reads several run directories; runs of one name are called by the folder above, too.
 * @throws {Error} If one of them holds no run.
 */
export async function readRuns(paths: readonly string[]): Promise<ReportedRun[]> {
  const runs = await Promise.all(paths.map(readRun));
  const isTaken = ({ name, folder }: ReportedRun) => runs.some((run) => run.name === name && run.folder !== folder);
  return runs.map((run) => (isTaken(run) ? { ...run, name: `${basename(dirname(run.folder))}/${run.name}` } : run));
}

async function readSummary(path: string) {
  const summary = await readJSON(path, "summary.json");
  if (summary === undefined) return undefined;
  const { data, error } = summarySchema.safeParse(summary);
  if (data) return data;
  const place = error.issues[0]?.path.join(".") || "its form";
  throw new RefusalError(cannot("report", `a summary of version 1 in ${join(path, "summary.json")}`, place));
}

/** Undefined where there is no such file. */
async function readJSON(folder: string, name: string): Promise<unknown> {
  const path = join(folder, name);
  const text = await readText(path);
  if (text === undefined) return undefined;
  try {
    return JSON.parse(text);
  } catch (cause) {
    throw new SyntaxRefusal(cannot("report", `JSON in ${path}`, text.slice(0, 40)), { cause });
  }
}

async function readText(path: string): Promise<string | undefined> {
  try {
    return await readFile(path, "utf8");
  } catch (error) {
    const code = error instanceof Error && "code" in error ? error.code : undefined;
    if (code === "ENOENT" || code === "ENOTDIR") return undefined;
    throw error;
  }
}

async function measure(path: string): Promise<number | undefined> {
  try {
    return (await stat(path)).size;
  } catch {
    return undefined;
  }
}
