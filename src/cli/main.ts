/** The program. */
import { runCli } from "./run_cli.ts";
import { runInProcess } from "./run_in_process.ts";

await runInProcess(runCli);
