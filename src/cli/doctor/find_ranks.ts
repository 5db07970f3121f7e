import process from "node:process";
import { MPI_INSTALL, openMpi } from "../../cluster/ranks/mpi/find_mpi.ts";
import { NotInstalledError } from "../../core/errors/not_installed_error.ts";
import type { Finding } from "./finding.ts";
import { runCommand } from "./run_command.ts";

/** The library of MPI that ranks would call, and the launcher that would start them: they must belong together. */
export async function findMpi(): Promise<Finding[]> {
  return [await findLibrary(), await findLauncher()];
}

async function findLibrary(): Promise<Finding> {
  const place = { group: "ranks", name: "MPI library" } as const;
  try {
    const { version, file, flavour, hasUlfm } = await openMpi(process.env);
    const elastic = hasUlfm
      ? "can go on without a lost rank (mpirun --with-ft ulfm, --elastic)"
      : "cannot go on without a lost rank (no ULFM)";
    const detail = `${version}, ${file}, by the interface of ${flavour.name}; ${elastic}`;
    return { ...place, isThere: true, detail };
  } catch (error) {
    if (!(error instanceof NotInstalledError)) throw error;
    return { ...place, isThere: false, detail: error.problem, install: error.install };
  }
}

async function findLauncher(): Promise<Finding> {
  const place = { group: "ranks", name: "mpiexec" } as const;
  const { succeeded, stdout } = await runCommand("mpiexec", ["--version"]);
  if (!succeeded) return { ...place, isThere: false, detail: "not on the PATH", install: MPI_INSTALL };
  const [version = ""] = /(?:OpenRTE\)|Open MPI\)|Version:)\s*\S+/.exec(stdout) ?? [];
  return {
    ...place,
    isThere: true,
    detail: version.replace(/^Version:\s*/, "MPICH ").replace(/^.*\)\s*/, "Open MPI ") || "of an unknown kind",
  };
}
