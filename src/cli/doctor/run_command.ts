import { execFile } from "node:child_process";
import process from "node:process";

/** What a command left behind. */
export interface CommandOutcome {
  readonly succeeded: boolean;
  readonly stdout: string;
  /** The last line that it wrote to standard error, or why it could not be run. */
  readonly complaint: string;
}

interface CommandSurroundings {
  readonly timeoutMs?: number;
  /** Variables besides those of this process. */
  readonly environment?: Readonly<Record<string, string>>;
}

/** Runs a program that answers soon. Never throws: a program that is not there has not succeeded. */
export function runCommand(
  program: string,
  parameters: readonly string[],
  { timeoutMs = 30_000, environment = {} }: CommandSurroundings = {},
): Promise<CommandOutcome> {
  return new Promise((resolve) => {
    execFile(
      program,
      [...parameters],
      { timeout: timeoutMs, env: { ...process.env, ...environment } },
      (error, stdout, stderr) => {
        const lastLine = stderr.trim().split("\n").at(-1) ?? "";
        resolve({ succeeded: error === null, stdout: stdout.trim(), complaint: lastLine || (error?.message ?? "") });
      },
    );
  });
}
