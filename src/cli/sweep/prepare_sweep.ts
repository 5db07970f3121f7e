import { existsSync } from "node:fs";
import { join } from "node:path";
import { describeValue } from "../../core/errors/errors.ts";
import { listDifferences } from "../../core/options/list_differences.ts";
import type { CliContext } from "../cli_context.ts";
import { CliError, InterruptedError, refuse } from "../cli_error.ts";
import { parseNamed } from "../options/parse_named.ts";
import { createTrainConfig, type TrainConfig } from "../training/config/train_config.ts";
import { rehearseConfig } from "../training/prepare_run.ts";
import { listPrograms } from "../training/programs.ts";
import { readTrainOptions, type SweepConfiguration } from "./sweep_plan.ts";
import { SWEEP_FILE } from "./sweep_record.ts";

/**
 * Refuses a sweep with a run that could not begin. The first run of each configuration stands for its other seeds. A
 * configuration whose runs have all begun was admitted before.
 * @throws {CliError} If an option is refused, two configurations are the same, or a model does not fit its benchmark,
 * for example.
 */
export async function assertEveryRunCanBegin(
  plan: readonly SweepConfiguration[],
  context: CliContext & { readonly folder: string | undefined },
): Promise<void> {
  const { folder, signal } = context;
  const seen: { readonly name: string; readonly config: TrainConfig; readonly hasBegun: boolean }[] = [];
  // Names and options first: making models and strategies takes longer.
  for (const { name, runs } of plan) {
    const config = await createTrainConfig(readTrainOptions(runs[0]?.words ?? [], context));
    const same = seen.find((other) => listDifferences(other.config, config).length === 0);
    if (same) throw new CliError(`${same.name} and ${name} are the same configuration`);
    const hasBegun = folder !== undefined && runs.every((run) => existsSync(join(folder, run.folder, "config.json")));
    seen.push({ name, config, hasBegun });
  }
  for (const { name, config, hasBegun } of seen) {
    if (hasBegun) continue;
    if (signal.aborted) throw new InterruptedError("Interrupted before a run began", { cause: signal.reason });
    try {
      await refuse(() => rehearseConfig(config, { signal, out: folder }));
    } catch (cause) {
      if (!(cause instanceof CliError) || plan.length === 1) throw cause;
      throw new CliError(`${name}: ${cause.message}`, { cause });
    }
  }
}

/**
 * A sweep's folder is data: it may have been copied from somebody else.
 * @throws {CliError} If its sweep.json names modules, saying how to allow them.
 */
export function assertNoPrograms(folder: string, plan: readonly SweepConfiguration[], context: CliContext): void {
  const files = plan.flatMap(({ runs }) => {
    const { strategy, plugin, metric, model } = readTrainOptions(runs[0]?.words ?? [], context);
    const choices = { strategy: parseNamed(strategy), model: parseNamed(model) };
    const lists = { plugins: plugin.map(parseNamed), metrics: metric.map(parseNamed) };
    return listPrograms({ ...choices, ...lists }).flatMap((program) => program.files);
  });
  if (files.length === 0) return;
  const named = [...new Set(files)].map(describeValue).join(", ");
  throw new CliError(
    `${join(folder, SWEEP_FILE)} names programs, ${named}: type the sweep's options and --out again, or give --trust to run them`,
  );
}
