/** The program. The only place that knows of signals and of the process's exit. */
import process from "node:process";
import { EXIT_STATUS, runCli } from "./run_cli.ts";

const interruption = new AbortController();
process.on("SIGINT", () => {
  // Somebody who presses Ctrl-C twice does not want to wait for the end of an iteration.
  if (interruption.signal.aborted) process.exit(EXIT_STATUS.interrupted);
  interruption.abort();
});

const { stdout, stderr } = process;
process.exitCode = await runCli(process.argv.slice(2), { stdout, stderr, signal: interruption.signal });
