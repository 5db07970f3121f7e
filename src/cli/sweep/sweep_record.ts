import { mkdir, readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { z } from "zod";
import { describeIssue } from "../../core/errors/describe_issue.ts";
import { RefusalError, SyntaxRefusal, TypeRefusal } from "../../core/errors/errors.ts";
import { type MeanAndDeviation, measureMeanAndDeviation } from "../../core/mean_and_deviation.ts";
import { listDifferences } from "../../core/options/list_differences.ts";
import { omitUndefined } from "../../core/options/omit_undefined.ts";
import { writeAtomically } from "../../core/write_atomically.ts";
import type { MeasureName } from "../../evaluation/measures.ts";
import { assertRegularFile } from "../../runs/read_run_files.ts";
import { LOCK_NAME } from "../../runs/run_lock.ts";
import { readErrorCode, withStorage } from "../../runs/storage_error.ts";
import type { RunSummary } from "../../runs/summary/run_summary.ts";
import {
  type KnownConfiguration,
  nameRunFolder,
  type SweepChoice,
  type SweepConfiguration,
  type SweepRun,
} from "./sweep_plan.ts";

/** The file in a sweep's folder that says what it is and how far it is. */
export const SWEEP_FILE = "sweep.json";

/** Where a run of a sweep stands. */
export interface SweepRow {
  readonly status: "waiting" | "running" | "finished" | "interrupted" | "failed";
  readonly final: RunSummary<unknown>["final"];
  /** What stands in the place of accuracy; absent for accuracy. */
  readonly measure?: MeasureName;
  readonly seconds: number;
  readonly parametersHash: string | null;
  /** Why it failed, in one line. */
  readonly error?: string;
}

/** The figures of a run that are averaged over seeds. */
export const MEASURES = ["streamAccuracy", "averageAccuracy", "averageForgetting", "backwardTransfer"] as const;

/** A configuration over its seeds. */
export type SweepMeans = Readonly<Record<(typeof MEASURES)[number] | "seconds", MeanAndDeviation>>;

/** What a run came to, from its summary. */
export function readRow(summary: RunSummary<unknown>): SweepRow {
  const { status, final, measure, parametersHash, experiences, error } = summary;
  const seconds = experiences.reduce((sum, { trainSeconds, evalSeconds }) => sum + trainSeconds + evalSeconds, 0);
  return { status, final, seconds, parametersHash, ...omitUndefined({ measure, error }) };
}

/** The means of finished runs. */
export function measureRows(rows: readonly SweepRow[]): SweepMeans {
  const finished = rows.filter(({ status }) => status === "finished");
  const of = (name: (typeof MEASURES)[number]) =>
    measureMeanAndDeviation(finished.map(({ final }) => final?.[name] ?? Number.NaN));
  return {
    streamAccuracy: of("streamAccuracy"),
    averageAccuracy: of("averageAccuracy"),
    averageForgetting: of("averageForgetting"),
    backwardTransfer: of("backwardTransfer"),
    seconds: measureMeanAndDeviation(finished.map(({ seconds }) => seconds)),
  };
}

const texts = z.array(z.string());
const values = texts.min(1);
const value = z.string();
const CHOICE = z.looseObject({
  version: z.literal(1),
  grid: z.strictObject({
    strategy: values,
    benchmark: values,
    model: values,
    optimizer: values,
    criterion: values.optional(),
  }),
  words: texts,
  seeds: z.array(z.int().min(0)).min(1),
  configurations: z
    .array(
      z.looseObject({
        name: z.string(),
        strategy: value,
        benchmark: value,
        model: value,
        optimizer: value,
        criterion: value.optional(),
      }),
    )
    .default([]),
  runs: z
    .array(
      z.looseObject({
        configuration: z.string(),
        seed: z.int().min(0),
        // Nothing that leads out of the sweep's folder.
        directory: z.string().regex(/^[\w=][\w.=-]*$/, "the name of a folder"),
      }),
    )
    .default([]),
});

/** A sweep as its folder has it. */
export interface SavedSweep {
  readonly choice: SweepChoice;
  readonly known: readonly KnownConfiguration[];
}

/**
 * Reads what a sweep's folder says of it; undefined where there is no sweep.json. It is data of whoever made the
 * folder.
 * @throws {RefusalError} If the file is none that a sweep wrote.
 */
export async function readSweep(folder: string): Promise<SavedSweep | undefined> {
  const path = join(folder, SWEEP_FILE);
  const text = await withStorage(`read ${path}`, async () => {
    try {
      await assertRegularFile(path);
      return await readFile(path, "utf8");
    } catch (error) {
      if (["ENOENT", "ENOTDIR"].includes(String(readErrorCode(error)))) return undefined;
      throw error;
    }
  });
  if (text === undefined) return undefined;
  const json = parseJSON(path, text);
  const { data, error } = CHOICE.safeParse(json);
  if (!data) throw new TypeRefusal(`${path}: ${describeIssue(error, json)}`);
  const { grid, words, seeds, configurations, runs } = data;
  const known = configurations.flatMap(({ name, strategy, benchmark, model, optimizer, criterion }) => {
    const { seed, directory = "" } = runs.find(({ configuration }) => configuration === name) ?? {};
    const [, stem] = /^(.+)-seed-(\d+)$/.exec(directory) ?? [];
    const isOwn = stem !== undefined && directory === nameRunFolder(stem, seed ?? 0);
    return isOwn ? [{ name, choice: { strategy, benchmark, model, optimizer, criterion }, stem }] : [];
  });
  return { choice: { grid, words, seeds }, known };
}

function parseJSON(path: string, text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (cause) {
    throw new SyntaxRefusal(`${path}: not JSON`, { cause });
  }
}

/**
 * What the folder holds of this sweep, which may have more of what a sweep goes through: strategies, seeds.
 * @returns Undefined where the folder is empty or not there.
 * @throws {RefusalError} If it holds something else, or runs that are not wanted any more.
 */
export async function findSameSweep(folder: string, wanted: SweepChoice): Promise<SavedSweep | undefined> {
  const saved = await readSweep(folder);
  if (!saved) {
    const names = await readdir(folder).catch(() => []);
    if (names.some((name) => name !== LOCK_NAME)) throw new RefusalError(`${folder} is not empty and holds no sweep`);
    return undefined;
  }
  const list = ({ grid, words, seeds }: SweepChoice) => ({ ...grid, seeds, [SHARED]: words });
  const differences = listDifferences(list(saved.choice), list(wanted))
    .filter(({ key, before, now }) => key === SHARED || !holdsAll(now, before))
    .map(({ key, before, now }) => `it has ${key} ${show(before, now)}, got ${show(now, before)}`);
  if (differences.length === 0) return saved;
  const rule = "strategies, seeds and so on may be added, and nothing changed";
  throw new RefusalError(`${folder} holds another sweep: ${differences.join("; ")} (${rule})`);
}

/** Options of train that all runs share. */
const SHARED = "further options";

function holdsAll(list: unknown, values: unknown): boolean {
  return Array.isArray(list) && Array.isArray(values) && values.every((value) => list.includes(value));
}

/** What is in a list and not in the other; all of it where they differ in their order alone. */
function show(values: unknown, others: unknown): string {
  const [list, other]: unknown[][] = [values, others].map((value) => (Array.isArray(value) ? value : []));
  const own = list?.filter((value) => !other?.includes(value)) ?? [];
  return (holdsAll(list, other) && holdsAll(other, list) ? (list ?? []) : own).join(" and ") || "none";
}

/** What came of each run so far, by the run. */
export type SweepRows = ReadonlyMap<SweepRun, SweepRow>;

/**
 * Writes sweep.json, whole or not at all.
 * @param decided What decides the sweep.
 */
export async function writeSweep(
  folder: string,
  decided: object,
  { plan, rows, status }: { plan: readonly SweepConfiguration[]; rows: SweepRows; status: SweepRow["status"] },
): Promise<void> {
  const rowsOf = ({ runs }: SweepConfiguration) => runs.flatMap((run) => rows.get(run) ?? []);
  const record = {
    version: 1,
    status,
    ...decided,
    configurations: plan.map((configuration) => ({
      name: configuration.name,
      ...configuration.choice,
      finished: rowsOf(configuration).filter((row) => row.status === "finished").length,
      ...measureRows(rowsOf(configuration)),
    })),
    runs: plan.flatMap(({ name, runs }) =>
      runs.map((run) => ({ configuration: name, seed: run.seed, directory: run.folder, ...rows.get(run) })),
    ),
  };
  const path = join(folder, SWEEP_FILE);
  await withStorage(`write ${path}`, async () => {
    await mkdir(folder, { recursive: true });
    await writeAtomically(path, new TextEncoder().encode(`${JSON.stringify(record, null, 2)}\n`));
  });
}
