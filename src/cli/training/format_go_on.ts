import { nameCommand } from "../options/name_command.ts";
import { quoteForShell } from "../options/quote_for_shell.ts";
import type { TrainConfig } from "./config/train_config.ts";
import { listPrograms } from "./programs.ts";

/** The line that goes on with a run, with the programs that it names. */
export function formatGoOn(option: "--resume" | "--continue", directory: string, config: TrainConfig): string {
  const programs = listPrograms(config).map(({ typed }) => typed);
  return [nameCommand("train"), option, quoteForShell(directory), ...programs].join(" ");
}
