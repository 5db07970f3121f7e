/** A program that takes note of being told to stop, and does not. */
import { setInterval } from "node:timers";
import { runInProcess } from "../../src/cli/run_in_process.ts";

await runInProcess(async (_, { signal, stdout }) => {
  setInterval(() => {}, 60_000);
  signal.addEventListener("abort", () => stdout.write("told to stop\n"));
  stdout.write("begun\n");
  return new Promise(() => {});
});
