import type { TextStream } from "../evaluation/loggers/terminal_bars.ts";
import type { StartJob } from "./sweep/sweep_job.ts";

/** What a command has of the world outside: the program gives the process's own, a test its own. */
export interface CliContext {
  readonly stdout: TextStream;
  readonly stderr: TextStream;
  /** Aborted by Ctrl-C and SIGTERM, with a StopRequest. */
  readonly signal: AbortSignal;
  /** Starts the runs of `sweep` and what trains for `learn`. Default: each in a process of its own. */
  readonly startJob?: StartJob;
}
