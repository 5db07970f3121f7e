/** How and when a made replica breaks. */
export interface Fault {
  readonly how: "throw" | "exit" | "hang" | "kill" | "segfault";
  readonly replica: number;
  /** Which command, from 0; -1 for what comes before. */
  readonly command: number;
  /**
   * When in it: while it loads its engine; before anything; the so-many-th time that it looks whether it is still
   * current; with a chunk of the update kept and not changed, or changed and not noted.
   */
  readonly moment:
    | { readonly kind: "load" | "start" }
    | { readonly kind: "look" | "chunk begun" | "chunk changed"; readonly number: number };
  /** How many replicas in that place break, one after another. */
  readonly times: number;
}

/** Reads what a test put into the environment. */
export function parseFault(text: string | undefined): Fault {
  return JSON.parse(text ?? "{}");
}
