/** The program `faults`. The only place of it that knows of the process's exit. */
import process from "node:process";
import { runProgram } from "../../src/cli/run_cli.ts";
import { createFaultsProgram } from "./faults_command.ts";

const { stdout, stderr } = process;
const context = { stdout, stderr, signal: new AbortController().signal };
let found = 0;
const program = createFaultsProgram(context, (status) => {
  found = status;
});
const status = await runProgram(program, process.argv.slice(2), context);
process.exitCode = status === 0 ? found : status;
