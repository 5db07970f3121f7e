/**
 * The program of one run of a sweep: the command line, which also stops where its standard input ends. The sweep holds
 * the other end, so that no run outlives it, however it ended.
 */
import process from "node:process";
import { StopRequest } from "../cli_error.ts";
import { runCli } from "../run_cli.ts";
import { runInProcess } from "../run_in_process.ts";

const interruption = new AbortController();
const stop = () => interruption.abort(new StopRequest("SIGINT"));
process.stdin.on("end", stop).on("error", stop).resume();

await runInProcess((words, context) => {
  const signal = AbortSignal.any([context.signal, interruption.signal]);
  return runCli(words, { ...context, signal });
});
// Standard input, which is still open, would keep the process alive.
process.exit();
