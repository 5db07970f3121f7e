/** The bench's program. The only place of it that knows of the process's exit. */
import process from "node:process";
import { runProgram } from "../../src/cli/run_cli.ts";
import { listenForStops } from "../../src/cli/stop_signal.ts";
import { createBenchProgram } from "./bench_command.ts";

const { stdout, stderr } = process;
const context = { stdout, stderr, signal: listenForStops() };
process.exitCode = await runProgram(createBenchProgram(context), process.argv.slice(2), context);
