import { appendFileSync } from "node:fs";
import { join } from "node:path";
import type { TextStream } from "../../evaluation/loggers/terminal_bars.ts";

/** What a rank that shows nothing writes into the run's folder: rank-3.log, from the moment that there is one. */
export class RankLog implements TextStream {
  readonly #name: string;
  #path: string | undefined;
  #waiting = "";

  constructor(rank: number) {
    this.#name = `rank-${rank}.log`;
  }

  write(text: string): boolean {
    this.#waiting += text;
    this.#flush();
    return true;
  }

  /** Says where the run's folder is. */
  open(folder: string): void {
    this.#path = join(folder, this.#name);
    this.#flush();
  }

  #flush(): void {
    if (this.#path === undefined) return;
    try {
      appendFileSync(this.#path, this.#waiting);
      this.#waiting = "";
    } catch {
      // Nobody is there to be told; the next text is tried again with this one.
    }
  }
}
