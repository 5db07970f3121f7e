import { runCli } from "../../src/cli/run_cli.ts";

/** What a command left behind. */
export interface CliOutcome {
  readonly status: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** Runs a command line in this process, its output captured. */
export async function captureCli(
  words: readonly string[],
  {
    signal = new AbortController().signal,
    listen = () => undefined,
  }: {
    readonly signal?: AbortSignal;
    /** Called at each write to standard output. */
    readonly listen?: () => unknown;
  } = {},
): Promise<CliOutcome> {
  let stdout = "";
  let stderr = "";
  const status = await runCli(words, {
    stdout: {
      write: (text) => {
        stdout += text;
        listen();
      },
    },
    stderr: {
      write: (text) => {
        stderr += text;
      },
    },
    signal,
  });
  return { status, stdout, stderr };
}
