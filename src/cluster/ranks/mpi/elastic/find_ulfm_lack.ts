import { elementAt } from "../../../../core/element_at.ts";
import type { MpiLibrary } from "../mpi_library.ts";

/** MPI_FT, whose attribute says whether the launcher has ULFM switched on. By the mpi.h of Open MPI 5.0. */
const FAULT_TOLERANCE = 12;

/**
 * What is missing for a job to go on without a lost rank; undefined if nothing is. MPI must have begun.
 * @returns A sentence that goes on from "--elastic ".
 */
export function findUlfmLack(library: MpiLibrary): string | undefined {
  if (!library.hasUlfm) return `requires Open MPI 5 with ULFM, got ${library.version} (${library.file})`;
  const [place, isSet] = [new BigInt64Array(new ArrayBuffer(8)), new Int32Array(new ArrayBuffer(4))];
  const { world } = library.flavour;
  library.call("MPI_Comm_get_attr", world, FAULT_TOLERANCE, library.addressOf(place), library.addressOf(isSet));
  const isOn = elementAt(isSet, 0) !== 0 && library.readInt32(Number(elementAt(place, 0))) !== 0;
  return isOn ? undefined : "requires that ULFM is switched on: mpirun --with-ft ulfm";
}
