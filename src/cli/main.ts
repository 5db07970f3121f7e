/** The program. The only place that knows of the process's exit. */
import process from "node:process";
import { runCli } from "./run_cli.ts";
import { listenForStops } from "./stop_signal.ts";

const { stdout, stderr } = process;
process.exitCode = await runCli(process.argv.slice(2), { stdout, stderr, signal: listenForStops() });
