/** The bench's program. The only place of it that knows of signals and of the process's exit. */
import process from "node:process";
import { EXIT_STATUS, runProgram } from "../../src/cli/run_cli.ts";
import { createBenchProgram } from "./bench_command.ts";

const interruption = new AbortController();
process.on("SIGINT", () => {
  if (interruption.signal.aborted) process.exit(EXIT_STATUS.interrupted);
  interruption.abort();
});

const { stdout, stderr } = process;
const context = { stdout, stderr, signal: interruption.signal };
process.exitCode = await runProgram(createBenchProgram(context), process.argv.slice(2), context);
