import { isDeepStrictEqual } from "node:util";
import { elementAt } from "../core/element_at.ts";
import { type MeanAndDeviation, measureMeanAndDeviation } from "../core/mean_and_deviation.ts";
import type { RunGroup } from "./group_runs.ts";
import type { ReportedExperience, ReportedRun } from "./reported_run.ts";

/** A group as one run: its numbers are means over the runs that have them. A group of one is its run. */
export function averageRuns({ name, runs }: RunGroup): ReportedRun {
  const first = elementAt(runs, 0);
  if (runs.length === 1) return first;
  const finals = runs.flatMap(({ final }) => final ?? []);
  const speeds = runs.flatMap(({ trainExamplesPerSecond }) => trainExamplesPerSecond ?? []);
  return {
    name,
    folder: first.folder,
    status: runs.find(({ status }) => status !== "finished")?.status ?? "finished",
    error: undefined,
    config: mergeConfigs(runs.map(({ config }) => config)),
    experiences: averageExperiences(runs),
    measure: first.measure,
    testExperiences: runs.every((run) => isDeepStrictEqual(run.testExperiences, first.testExperiences))
      ? first.testExperiences
      : undefined,
    final:
      finals.length === 0
        ? null
        : {
            streamAccuracy: average(finals.map(({ streamAccuracy }) => streamAccuracy)),
            averageAccuracy: average(finals.map(({ averageAccuracy }) => averageAccuracy)),
            averageForgetting: average(finals.map(({ averageForgetting }) => averageForgetting)),
            backwardTransfer: average(finals.map(({ backwardTransfer }) => backwardTransfer)),
          },
    trainExamplesPerSecond: speeds.length === 0 ? undefined : average(speeds),
    parametersHash: null,
    // Figures draw the metrics of each run.
    metrics: new Map(),
  };
}

/** Mean and deviation at each place of several series, over those that are long enough. */
export function measurePlaces(series: readonly (readonly number[])[]): MeanAndDeviation[] {
  const length = Math.max(0, ...series.map((values) => values.length));
  return Array.from({ length }, (_, place) => measureMeanAndDeviation(series.flatMap((values) => values[place] ?? [])));
}

function average(values: readonly number[]): number {
  return measureMeanAndDeviation(values).mean;
}

function averageExperiences(runs: readonly ReportedRun[]): ReportedExperience[] {
  const longest = Math.max(...runs.map(({ experiences }) => experiences.length));
  return Array.from({ length: longest }, (_, i) => {
    const rows = runs.flatMap(({ experiences }) => experiences[i] ?? []);
    const mean = (of: (row: ReportedExperience) => number) => average(rows.map(of));
    const { name, ...first } = elementAt(rows, 0);
    return {
      ...first,
      ...(name !== undefined && rows.every((row) => row.name === name) ? { name } : {}),
      // Another seed is another order of classes, and each run has models of its own.
      classes: [],
      onnx: null,
      trainSeconds: mean(({ trainSeconds }) => trainSeconds),
      evalSeconds: mean(({ evalSeconds }) => evalSeconds),
      testAccuracy: measurePlaces(rows.map(({ testAccuracy }) => testAccuracy)).map(({ mean }) => mean),
      streamAccuracy: mean(({ streamAccuracy }) => streamAccuracy),
    };
  });
}

/** The first configuration, with the values of all where they differ: "0, 1, 2". */
function mergeConfigs(configs: readonly unknown[]): unknown {
  const [first] = configs;
  const texts = new Set(configs.map((config) => JSON.stringify(config)));
  if (texts.size === 1) return first;
  if (!configs.every(isRecord) || !isRecord(first)) return configs;
  return Object.fromEntries(Object.keys(first).map((key) => [key, mergeConfigs(configs.map((config) => config[key]))]));
}

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
