import type { Command } from "commander";
import type { CliContext } from "../../src/cli/cli_context.ts";
import { createProgram } from "../../src/cli/create_program.ts";
import { runProgram } from "../../src/cli/run_cli.ts";
import type { StartJob } from "../../src/cli/sweep/sweep_job.ts";

/** What a command left behind. */
export interface CliOutcome {
  readonly status: number;
  readonly stdout: string;
  readonly stderr: string;
}

interface Surroundings {
  readonly signal?: AbortSignal;
  /** Called at each write to standard output. */
  readonly listen?: () => unknown;
  /** Columns of standard output, where it is a terminal. */
  readonly columns?: number;
  /** Starts runs of sweeps. Default: each in a process of its own. */
  readonly startJob?: StartJob;
}

/** Runs a command line in this process, its output captured. */
export function captureCli(words: readonly string[], around: Surroundings = {}): Promise<CliOutcome> {
  return captureProgram(createProgram, words, around);
}

/** The same with another program: the bench, say. */
export async function captureProgram(
  create: (context: CliContext) => Command,
  words: readonly string[],
  { signal = new AbortController().signal, listen = () => undefined, columns, ...jobs }: Surroundings = {},
): Promise<CliOutcome> {
  let stdout = "";
  let stderr = "";
  const context = {
    stdout: {
      write(text: string) {
        stdout += text;
        listen();
      },
      isTTY: columns !== undefined,
      columns,
    },
    stderr: {
      write(text: string) {
        stderr += text;
      },
    },
    signal,
    ...jobs,
  };
  const status = await runProgram(create(context), words, context);
  return { status, stdout, stderr };
}
