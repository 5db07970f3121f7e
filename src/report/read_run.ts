import { stat } from "node:fs/promises";
import { basename, dirname, join, resolve } from "node:path";
import { readRunConfig, readRunSummary } from "../runs/read_run_files.ts";
import { nameDataFile } from "../runs/run_files.ts";
import { readMetricLines } from "./read_metric_lines.ts";
import type { ReportedRun } from "./reported_run.ts";

/**
 * Reads a run directory, be the run finished or not.
 * @throws {Error} If the folder holds no run, or a file of it is not what a run writes.
 */
export async function readRun(path: string): Promise<ReportedRun> {
  const folder = resolve(path);
  const config = await readRunConfig(path);
  const summary = await readRunSummary(path);
  const metrics = await readMetricLines(join(path, "metrics.jsonl"));
  const experiences = (summary?.experiences ?? []).map(async (experience) => {
    if (!experience.onnx) return { ...experience, onnx: null };
    return {
      ...experience,
      onnx: { ...experience.onnx, sizeBytes: await measureExport(join(folder, experience.onnx.path)) },
    };
  });
  return {
    name: basename(folder),
    folder,
    status: summary?.status ?? "running",
    error: summary?.error,
    config,
    experiences: await Promise.all(experiences),
    measure: summary?.measure,
    testExperiences: summary?.testExperiences,
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

/** With the file beside it, where a large model needed one. */
async function measureExport(path: string): Promise<number | undefined> {
  const size = await measure(path);
  return size === undefined ? undefined : size + ((await measure(nameDataFile(path))) ?? 0);
}

async function measure(path: string): Promise<number | undefined> {
  try {
    return (await stat(path)).size;
  } catch {
    return undefined;
  }
}
