/** What a probe's line begins with that says what installs the thing it did not find. */
export const INSTALL_PREFIX = "install: ";

/** One thing that a machine has or lacks. */
export interface Finding {
  readonly group: "runtime" | "machine" | "engine" | "device" | "ranks" | "decoder" | "data set";
  readonly name: string;
  readonly isThere: boolean;
  /** A version, a size, or why it is not there. */
  readonly detail: string;
  /** The line that installs it; absent where it is there, or nothing can be done. */
  readonly install?: string;
}
