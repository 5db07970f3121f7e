/** The program. The only place that knows of signals and of the process's exit. */
import process from "node:process";
import { StopRequest } from "./cli_error.ts";
import { runCli } from "./run_cli.ts";

const interruption = new AbortController();
for (const name of ["SIGINT", "SIGTERM"] as const) {
  process.on(name, () => {
    const request = new StopRequest(name);
    // Somebody who presses Ctrl-C twice does not want to wait for the end of an iteration.
    if (interruption.signal.aborted) process.exit(request.exitStatus);
    interruption.abort(request);
  });
}

const { stdout, stderr } = process;
process.exitCode = await runCli(process.argv.slice(2), { stdout, stderr, signal: interruption.signal });
