import { writeSync } from "node:fs";
import process from "node:process";
import { ERASE_BELOW } from "../evaluation/loggers/terminal_bars.ts";
import type { CliContext } from "./cli_context.ts";
import { EXIT_STATUS } from "./exit_status.ts";
import { ProcessStream } from "./process_stream.ts";
import { listenForStops } from "./training/stop_signal.ts";

/**
 * Gives a program the process's own streams, signals and words, and the process its exit status. A reader of standard
 * output that ends (`train | head -1`) ends nothing: the program goes on without output. Output that a full disk
 * refuses is lost, and the status is 1 at least.
 */
export async function runInProcess(
  run: (words: readonly string[], context: CliContext) => Promise<number>,
): Promise<void> {
  const [stdout, stderr] = [new ProcessStream(process.stdout), new ProcessStream(process.stderr)];
  // A bar may be half drawn.
  const signal = listenForStops((name) => {
    if (stdout.isTTY) stdout.write(ERASE_BELOW);
    tellNow(`${name} was received again: ended at once`);
  });
  const status = await run(process.argv.slice(2), { stdout, stderr, signal });
  const lost = await stdout.finish();
  if (lost) stderr.write(`${lost.message}\n`);
  await stderr.finish();
  process.exitCode = lost && status === EXIT_STATUS.done ? EXIT_STATUS.failed : status;
}

/** Before the process ends, which does not wait for its streams. */
function tellNow(line: string): void {
  try {
    writeSync(process.stderr.fd, `${line}\n`);
  } catch {
    // Nobody reads it.
  }
}
