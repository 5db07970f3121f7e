import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { z } from "zod";
import type { CliContext } from "../../src/cli/cli_context.ts";
import { CliError, InterruptedError } from "../../src/cli/cli_error.ts";
import { runSweep, type SweepListener } from "../../src/cli/sweep/run_sweep.ts";
import { nameRunFolder, readTrainOptions, type SweepConfiguration } from "../../src/cli/sweep/sweep_plan.ts";
import { measureRows, SWEEP_FILE } from "../../src/cli/sweep/sweep_record.ts";
import { createSweepView } from "../../src/cli/sweep/sweep_view.ts";
import { readErrorCode } from "../../src/core/errors/system_error.ts";
import { VERSION } from "../../src/core/version.ts";
import type { MeasuredResult } from "./measured_result.ts";
import type { PublishedResult } from "./published_result.ts";

/** What of a published result decides its runs. */
export type Measurable = Pick<PublishedResult, "name" | "words">;

/** How results are measured. */
export interface MeasureOptions {
  /** Each is run with the seeds 0, 1, … */
  readonly seeds: number;
  /** Where the runs are written; those that are there go on. */
  readonly folder: string;
  /** Runs at a time. */
  readonly jobs: number;
  /** Keeps a result, once all of its runs are finished. */
  readonly keep: (result: MeasuredResult) => Promise<void>;
}

/**
 * Trains the configurations of published results, as a sweep: each run in a process of its own, with the numbers that
 * `train` gives, because the shards of each are fixed.
 * @throws {CliError} If the folder holds runs of other configurations or of another version.
 * @throws {InterruptedError} If the signal says so; finished results were kept.
 * @throws {RefusalError} If a run fails; the others are finished then.
 */
export async function measureResults(
  published: readonly Measurable[],
  { seeds, folder, jobs, keep }: MeasureOptions,
  context: CliContext,
): Promise<void> {
  const { stdout, signal, startJob } = context;
  const plan = published.map((result) => planRuns(result, seeds, context));
  const decided = { version: 1, firn: VERSION, published: published.map(({ name, words }) => ({ name, words })) };
  await assertSameResults(folder, decided);
  const view = createSweepView("text", { stream: stdout, total: plan.length * seeds });
  let keeping = Promise.resolve();
  const collect = collectResults(plan, (result) => {
    keeping = keeping.then(() => keep(result));
  });
  const listener: SweepListener = {
    ...view.listener,
    onEnd(run, row) {
      view.listener.onEnd(run, row);
      collect(run, row);
    },
  };
  const around = { folder, plan, jobs, signal, startJob, listener, acceptChangedData: false };
  const rows = await runSweep(decided, around).finally(view.clear);
  await keeping;
  if (signal.aborted) {
    throw new InterruptedError(`Interrupted; the same command with --runs ${folder} goes on`, { cause: signal.reason });
  }
  const failed = [...rows.values()].filter(({ status }) => status !== "finished").length;
  if (failed > 0)
    throw new CliError(
      `${failed} of ${rows.size} runs failed; the same command with --runs ${folder} tries them again`,
    );
}

function planRuns({ name, words }: Measurable, seeds: number, context: CliContext): SweepConfiguration {
  const { strategy, benchmark, model, optimizer } = readTrainOptions(words, context);
  // Processes beside one another keep all cores busy; the shards, which decide the numbers, are given.
  const shared = words.includes("--workers") ? ["--no-onnx"] : ["--no-onnx", "--workers=0"];
  const runs = Array.from({ length: seeds }, (_, seed) => ({
    label: `${name}, seed ${seed}`,
    seed,
    folder: nameRunFolder(name, seed),
    words: [...words, ...shared, `--seed=${seed}`],
  }));
  return { name, choice: { strategy, benchmark, model, optimizer }, runs };
}

/** Calls `tell` with each configuration whose last run has finished. */
function collectResults(plan: readonly SweepConfiguration[], tell: (result: MeasuredResult) => void) {
  const rows: Map<unknown, Parameters<SweepListener["onEnd"]>[1]> = new Map();
  return (...[run, row]: Parameters<SweepListener["onEnd"]>) => {
    rows.set(run, row);
    const whole = plan.find(({ runs }) => runs.includes(run));
    const own = whole?.runs.map((other) => rows.get(other)) ?? [];
    const accuracies = own.flatMap((other) =>
      other?.status === "finished" ? (other.final?.streamAccuracy ?? []) : [],
    );
    if (!whole || accuracies.length < own.length) return;
    const secondsPerRun = measureRows(own.flatMap((other) => other ?? [])).seconds.mean;
    tell({ name: whole.name, accuracies, secondsPerRun, version: VERSION });
  };
}

const SAVED = z.looseObject({
  firn: z.string(),
  published: z.array(z.looseObject({ name: z.string(), words: z.array(z.string()) })),
});

/** @throws {CliError} If finished runs in the folder are not of these configurations. */
async function assertSameResults(folder: string, { published }: { readonly published: readonly Measurable[] }) {
  const path = join(folder, SWEEP_FILE);
  const saved = SAVED.safeParse(await readJSON(path)).data;
  if (!saved) return;
  if (saved.firn !== VERSION) throw new CliError(`${path}: its runs are of version ${saved.firn}, this is ${VERSION}`);
  for (const { name, words } of published) {
    const other = saved.published.find((result) => result.name === name)?.words ?? words;
    if (other.join(" ") !== words.join(" ")) throw new CliError(`${path}: its runs of ${name} have other options`);
  }
}

async function readJSON(path: string): Promise<unknown> {
  try {
    return JSON.parse(await readFile(path, "utf8"));
  } catch (error) {
    if (readErrorCode(error) === "ENOENT") return undefined;
    throw error;
  }
}
