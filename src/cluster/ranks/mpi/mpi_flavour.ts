import type { ForeignType } from "../../../core/foreign/foreign_interface.ts";

/** Where a library keeps its predefined handles, and what they are. */
export interface MpiFlavour {
  readonly name: "Open MPI" | "MPICH" | "standard ABI";
  /** What a handle is: the address of a structure, or a number. */
  readonly handle: ForeignType;
  readonly world: number;
  readonly float: number;
  /** The error handler that has functions give a code instead of ending the process. */
  readonly errorsReturn: number;
  /** MPI_THREAD_SERIALIZED: one thread at a time calls, which need not be the process's first. */
  readonly serialized: number;
  /** MPI_STATUS_IGNORE */
  readonly ignored: number;
}

/** By the header that MPICH installs as mpi.h; its handles are numbers that its other versions share. */
const MPICH: MpiFlavour = {
  name: "MPICH",
  handle: "int32",
  world: 0x44000000,
  float: 0x4c00040a,
  errorsReturn: 0x54000001,
  serialized: 2,
  ignored: 1,
};

/** By the standard: MPI 5.0, appendix A.1, "defined values", whose handles are small addresses. */
const STANDARD: MpiFlavour = {
  name: "standard ABI",
  handle: "word",
  world: 0x101,
  float: 0x210,
  errorsReturn: 0x143,
  serialized: 2048,
  ignored: 0,
};

/**
 * The flavour of a library that was loaded.
 * @param file Its name: a library of the standard's binary interface is called libmpi_abi.
 * @param find The address of a symbol of it; 0 if it has none of that name.
 */
export function detectFlavour(file: string, find: (symbol: string) => number): MpiFlavour {
  if (/libmpi_abi\b/.test(file)) return STANDARD;
  const world = find("ompi_mpi_comm_world");
  if (world === 0) return MPICH;
  return {
    name: "Open MPI",
    handle: "word",
    world,
    float: find("ompi_mpi_float"),
    errorsReturn: find("ompi_mpi_errors_return"),
    serialized: 2,
    ignored: 0,
  };
}
