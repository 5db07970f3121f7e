import { type ChildProcess, spawn } from "node:child_process";
import { existsSync } from "node:fs";
import { join } from "node:path";
import process from "node:process";
import { setTimeout as wait } from "node:timers/promises";
import { fileURLToPath } from "node:url";

const MAIN = fileURLToPath(new URL("../../src/cli/main.ts", import.meta.url));
const POLL_MS = 2;

/** How a program ended. */
export interface ProcessEnd {
  /** Null if a signal ended it. */
  readonly status: number | null;
  readonly stderr: string;
}

/** The command line in a process of its own, in the runtime that this is. */
export class FirnProcess {
  readonly end: Promise<ProcessEnd>;
  readonly #child: ChildProcess;
  #hasEnded = false;

  constructor(words: readonly string[]) {
    const run = "Deno" in globalThis ? ["run", "--allow-all", "--no-check", MAIN] : [MAIN];
    const child = spawn(process.execPath, [...run, ...words], { stdio: ["ignore", "ignore", "pipe"] });
    this.#child = child;
    let stderr = "";
    child.stderr?.on("data", (text) => {
      stderr += text;
    });
    this.end = new Promise((resolve) => {
      child.on("close", (status) => {
        this.#hasEnded = true;
        resolve({ status, stderr });
      });
    });
  }

  get hasEnded(): boolean {
    return this.#hasEnded;
  }

  /** Resolves once the run's folder holds its configuration, or the process has ended. */
  async waitForRun(directory: string): Promise<void> {
    while (!this.#hasEnded && !existsSync(join(directory, "config.json"))) await wait(POLL_MS);
  }

  /** Kills it without any warning, so many milliseconds from now; false if it ended before that. */
  async killAfter(ms: number): Promise<boolean> {
    await Promise.race([wait(ms), this.end]);
    if (this.#hasEnded) return false;
    this.#child.kill("SIGKILL");
    const { status } = await this.end;
    return status === null;
  }
}
