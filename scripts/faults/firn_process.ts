import { type ChildProcess, spawn, spawnSync } from "node:child_process";
import { existsSync } from "node:fs";
import { join } from "node:path";
import process from "node:process";
import { setTimeout as wait } from "node:timers/promises";
import { fileURLToPath } from "node:url";

const MAIN = fileURLToPath(new URL("../../src/cli/main.ts", import.meta.url));
const POLL_MS = 2;
/** More ranks than cores, and the user that containers have, are allowed: by Open MPI's mpirun, which asks. */
const AS_ROOT = { OMPI_ALLOW_RUN_AS_ROOT: "1", OMPI_ALLOW_RUN_AS_ROOT_CONFIRM: "1" };
const isOpenMpi = spawnSync("mpirun", ["--version"], { encoding: "utf8" }).stdout?.includes("Open MPI");
const MPI_LIMITS = isOpenMpi ? ["--oversubscribe"] : [];

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

  /** @param ranks More than one: started together by mpirun. */
  constructor(words: readonly string[], { ranks = 1 }: { readonly ranks?: number } = {}) {
    const run = "Deno" in globalThis ? ["run", "--allow-all", "--no-check", MAIN] : [MAIN];
    const own = [process.execPath, ...run, ...words];
    const [program = "", ...parameters] = ranks > 1 ? ["mpirun", ...MPI_LIMITS, "-np", String(ranks), ...own] : own;
    const environment = ranks > 1 ? { ...process.env, ...AS_ROOT } : process.env;
    const child = spawn(program, parameters, { stdio: ["ignore", "ignore", "pipe"], env: environment });
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
