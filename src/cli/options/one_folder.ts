import { describeValue } from "../../core/errors/errors.ts";
import type { NamedChoice } from "../../runs/run_config.ts";
import { CliError } from "../cli_error.ts";

/** @throws {CliError} If a benchmark has its data's path among its options and `--data` names a folder, too. */
export function assertOneFolder({ name, options: { path } }: NamedChoice, data: string | undefined): void {
  if (path === undefined || data === undefined) return;
  const both = `path=${typeof path === "string" ? path : describeValue(path)} and --data ${data}`;
  throw new CliError(`${name}: its folder must be named once, got ${both}`);
}
