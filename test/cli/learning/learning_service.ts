import { StopRequest } from "../../../src/cli/cli_error.ts";
import { runCli } from "../../../src/cli/run_cli.ts";
import { startJobHere } from "../../support/job_here.ts";

/** `learn` as it runs in this process, and trains in it, too: what it says can be waited for. */
export class LearningService {
  readonly end: Promise<number>;
  said = "";
  readonly #controller = new AbortController();
  #hear: () => void = () => {};
  #hasEnded = false;

  constructor(words: readonly string[]) {
    const stream = {
      write: (text: string) => {
        this.said += text;
        this.#hear();
      },
    };
    const around = { stdout: stream, stderr: stream, signal: this.#controller.signal, startJob: startJobHere };
    this.end = runCli(["learn", ...words], around);
    void this.end.then(() => {
      this.#hasEnded = true;
      this.#hear();
    });
  }

  /** Waits until it has said something, and takes what stands in the first brackets. */
  async waitFor(pattern: RegExp): Promise<string> {
    for (;;) {
      const found = pattern.exec(this.said);
      if (found) return found[1] ?? found[0];
      if (this.#hasEnded) throw new Error(`it ended, and never said ${pattern}: ${this.said}`);
      await new Promise<void>((done) => {
        this.#hear = done;
      });
    }
  }

  /** As SIGTERM does. @returns The exit status. */
  stop(): Promise<number> {
    this.#controller.abort(new StopRequest("SIGTERM"));
    return this.end;
  }
}
