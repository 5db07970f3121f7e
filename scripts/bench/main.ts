/** The bench's program. */
import { runProgram } from "../../src/cli/run_cli.ts";
import { runInProcess } from "../../src/cli/run_in_process.ts";
import { createBenchProgram } from "./bench_command.ts";

await runInProcess((words, context) => runProgram(createBenchProgram(context), words, context));
