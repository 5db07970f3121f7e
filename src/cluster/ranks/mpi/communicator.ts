import { elementAt } from "../../../core/element_at.ts";
import type { MpiLibrary } from "./mpi_library.ts";

/** Ranks that exchange with each other, as one of them sees them. */
export interface Communicator {
  readonly handle: number;
  readonly rank: number;
  /** R */
  readonly size: number;
}

/**
 * Begins MPI.
 * @returns All ranks of the launcher.
 * @throws {Error} If it cannot be begun.
 */
export function beginMpi(library: MpiLibrary): Communicator {
  const { world, serialized } = library.flavour;
  const allowed = new Int32Array(new ArrayBuffer(4));
  library.call("MPI_Init_thread", 0, 0, serialized, library.addressOf(allowed));
  if (elementAt(allowed, 0) < serialized) throw new Error(`${library.version} allows its first thread alone`);
  return openCommunicator(library, world);
}

/** A communicator whose functions give an error code instead of ending the process. */
export function openCommunicator(library: MpiLibrary, handle: number): Communicator {
  library.call("MPI_Comm_set_errhandler", handle, library.flavour.errorsReturn);
  const word = new Int32Array(new ArrayBuffer(4));
  const read = (name: "MPI_Comm_rank" | "MPI_Comm_size") => {
    library.call(name, handle, library.addressOf(word));
    return elementAt(word, 0);
  };
  return { handle, rank: read("MPI_Comm_rank"), size: read("MPI_Comm_size") };
}
