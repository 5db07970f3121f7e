/** The program `reproduce`. The only place of it that knows of the process's exit. */
import process from "node:process";
import { runProgram } from "../../src/cli/run_cli.ts";
import { listenForStops } from "../../src/cli/stop_signal.ts";
import { createReproduceProgram } from "./reproduce_command.ts";

const { stdout, stderr } = process;
const context = { stdout, stderr, signal: listenForStops() };
process.exitCode = await runProgram(createReproduceProgram(context), process.argv.slice(2), context);
