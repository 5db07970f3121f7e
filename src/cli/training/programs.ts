import type { NamedChoice } from "../../runs/run_config.ts";
import { formatNamed } from "../options/parse_named.ts";
import { quoteForShell } from "../options/quote_for_shell.ts";
import { findProgram } from "../options/user_module.ts";
import type { TrainConfig } from "./config/train_config.ts";

/** An option of train by which a run names modules of a user's. */
export interface ProgramOption {
  /** "strategy" */
  readonly name: string;
  readonly files: readonly string[];
  /** What to type to name the same again: "--strategy path:path=./mine.ts". */
  readonly typed: string;
}

/** The options by which a run names programs: files that run with it. */
export function listPrograms({
  strategy,
  plugins,
  metrics = [],
  model,
}: Pick<TrainConfig, "strategy" | "plugins" | "metrics" | "model">): ProgramOption[] {
  const options = { strategy: [strategy], plugin: plugins, metric: metrics, model: [model] };
  return Object.entries(options).flatMap(([name, choices]: [string, readonly NamedChoice[]]) => {
    const files = choices.flatMap((choice) => findProgram(choice) ?? []);
    const typed = choices.map((choice) => `--${name} ${quoteForShell(formatNamed(choice))}`).join(" ");
    return files.length > 0 ? [{ name, files, typed }] : [];
  });
}
