/** The program `reproduce`. */
import { runProgram } from "../../src/cli/run_cli.ts";
import { runInProcess } from "../../src/cli/run_in_process.ts";
import { createReproduceProgram } from "./reproduce_command.ts";

await runInProcess((words, context) => runProgram(createReproduceProgram(context), words, context));
