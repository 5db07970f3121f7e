import { StopRequest } from "../../src/cli/cli_error.ts";
import { runCli } from "../../src/cli/run_cli.ts";
import { describeEnd, readProgress, type StartJob } from "../../src/cli/sweep/sweep_job.ts";

/**
 * Starts a run of a sweep in this process, for tests of what becomes of its end: a process of its own takes longer to
 * start than a small run to train.
 */
export const startJobHere: StartJob = (words, { onProgress, onSaid }) => {
  const controller = new AbortController();
  let said = "";
  const tellLines = (text: string, tell: (line: string) => void) => text.trimEnd().split("\n").forEach(tell);
  const stdout = {
    write: (text: string) =>
      tellLines(text, (line) => {
        const progress = readProgress(line);
        if (progress) onProgress(progress);
      }),
  };
  const stderr = {
    write: (text: string) => {
      said += text;
      tellLines(text, (line) => onSaid?.(line));
    },
  };
  const run = async () =>
    describeEnd(await runCli(["train", "--json", ...words], { stdout, stderr, signal: controller.signal }), said);
  return { stop: () => controller.abort(new StopRequest("SIGINT")), end: run() };
};
