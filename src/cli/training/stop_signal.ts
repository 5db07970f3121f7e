import process from "node:process";
import { StopRequest } from "../cli_error.ts";

/**
 * A signal that Ctrl-C and SIGTERM abort, with a `StopRequest` as its reason. Whoever asks twice ends the process at
 * once, after `tidy`, which is told by what.
 */
export function listenForStops(tidy: (signal: "SIGINT" | "SIGTERM") => void): AbortSignal {
  const interruption = new AbortController();
  for (const name of ["SIGINT", "SIGTERM"] as const) {
    process.on(name, () => {
      const request = new StopRequest(name);
      // Somebody who presses Ctrl-C twice does not want to wait for the end of an iteration.
      if (interruption.signal.aborted) {
        tidy(name);
        process.exit(request.exitStatus);
      }
      interruption.abort(request);
    });
  }
  return interruption.signal;
}
