import { RangeRefusal } from "./errors.ts";

/** Something that is not installed, or not there: a refusal that knows what installs it. */
export class NotInstalledError extends RangeRefusal {
  /** What is missing, without the line that installs it. */
  readonly problem: string;
  /** The line that installs it. */
  readonly install: string;

  constructor({ problem, install, cause }: { problem: string; install: string; cause?: unknown }) {
    super(`${problem}; install it with: ${install}`, cause === undefined ? undefined : { cause });
    this.problem = problem;
    this.install = install;
  }
}
