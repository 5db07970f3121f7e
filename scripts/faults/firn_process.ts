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

/** How the command line is started. */
export interface FirnProcessOptions {
  /** More than one: started together by mpirun. Default: 1. */
  readonly ranks?: number;
  /** True where mpirun lets the others go on if one is lost. Default: false. */
  readonly isElastic?: boolean;
  /** The program's file. Default: the command line's own. */
  readonly program?: string;
  /** Variables beside this process's own. */
  readonly environment?: Readonly<Record<string, string>>;
}

/** The command line in a process of its own, in the runtime that this is. */
export class FirnProcess {
  readonly end: Promise<ProcessEnd>;
  readonly #child: ChildProcess;
  #hasEnded = false;

  constructor(words: readonly string[], options: FirnProcessOptions = {}) {
    const { ranks = 1, isElastic = false, program = MAIN, environment = {} } = options;
    const limits = [...MPI_LIMITS, ...(isElastic ? ["--with-ft", "ulfm"] : []), "-np", String(ranks)];
    const run = "Deno" in globalThis ? ["run", "--allow-all", "--no-check", program] : [program];
    const own = [process.execPath, ...run, ...words];
    const [file = "", ...parameters] = ranks > 1 ? ["mpirun", ...limits, ...own] : own;
    const env = { ...process.env, ...(ranks > 1 ? AS_ROOT : {}), ...environment };
    const child = spawn(file, parameters, { stdio: ["ignore", "ignore", "pipe"], env });
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

  /** @throws {Error} If it could not be started. */
  get processId(): number {
    const { pid } = this.#child;
    if (pid === undefined) throw new Error("the process was not started");
    return pid;
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
