import { spawn, spawnSync } from "node:child_process";
import process from "node:process";

/** Both allow what a container's tests run as. */
const AS_ROOT = { OMPI_ALLOW_RUN_AS_ROOT: "1", OMPI_ALLOW_RUN_AS_ROOT_CONFIRM: "1" };

/** How the processes of a launcher ended. */
export interface RanksEnd {
  /** Null if a signal ended the launcher. */
  readonly status: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** The launcher of this machine's MPI. */
export interface MpiLauncher {
  /** Starts ranks of a program of ours in this runtime. */
  start(ranks: number, program: readonly string[], environment?: NodeJS.ProcessEnv): Promise<RanksEnd>;
}

/** The same where ranks may be lost and the others go on: by Open MPI 5. */
export function findElasticLauncher(): MpiLauncher | string {
  const { stdout, status } = spawnSync("ompi_info", [], { encoding: "utf8" });
  const isMade = status === 0 && /Fault Tolerance support: yes/.test(stdout) && /MPI extensions:.*ftmpi/.test(stdout);
  return isMade ? findLauncher(["--with-ft", "ulfm"]) : "no Open MPI 5 with ULFM is installed here";
}

/**
 * What starts ranks here, or why nothing does: in the words of a test's name.
 * @param words More for mpirun itself.
 */
export function findLauncher(words: readonly string[] = []): MpiLauncher | string {
  const { stdout, status } = spawnSync("mpirun", ["--version"], { encoding: "utf8" });
  if (status !== 0) return "no mpirun is installed here";
  const isOpenMpi = stdout.includes("Open MPI");
  const limits = [...(isOpenMpi ? ["--oversubscribe"] : []), ...words];
  const runtime = "Deno" in globalThis ? ["run", "--allow-all", "--no-check"] : [];
  return {
    start(ranks, program, environment = {}) {
      const all = [...limits, "-np", String(ranks), process.execPath, ...runtime, ...program];
      const child = spawn("mpirun", all, {
        env: { ...process.env, ...AS_ROOT, ...environment },
        stdio: ["ignore", "pipe", "pipe"],
      });
      const text = { stdout: "", stderr: "" };
      for (const name of ["stdout", "stderr"] as const) {
        child[name].setEncoding("utf8").on("data", (piece: string) => {
          text[name] += piece;
        });
      }
      return new Promise((resolve) => child.on("close", (status) => resolve({ status, ...text })));
    },
  };
}
