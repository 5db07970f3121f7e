import { MpiLibrary } from "../../../../src/cluster/ranks/mpi/mpi_library.ts";
import { findOrCreate } from "../../../../src/core/find_or_create.ts";

/** What stands for MPI in one of its ranks, where the test says who lives and what the others say. */
export interface MadeMpi {
  readonly library: MpiLibrary;
  /** The functions that were called, but for those that only read, and what was said to the others. */
  readonly calls: readonly string[];
  /** By their first numbers. */
  living: readonly number[];
  /** Whether all others have done their part of the next exchange. */
  areOthersDone: boolean;
}

/** The handle of all ranks. */
export const WORLD = 1;

type Answer = (mpi: MadeMpi & { readonly own: number }, values: readonly number[], views: Views) => void;

/** Arrays by their places, and members of communicators and of their groups by handles. */
interface Views {
  readonly at: (place: number) => Int32Array | BigInt64Array;
  readonly members: Map<number, readonly number[]>;
}

const ANSWERS: Readonly<Record<string, Answer>> = {
  MPI_Comm_set_errhandler: () => {},
  MPI_Comm_rank: ({ own }, [handle = 0, place = 0], { at, members }) => {
    at(place)[0] = (members.get(handle) ?? []).indexOf(own);
  },
  MPI_Comm_size: (_, [handle = 0, place = 0], { at, members }) => {
    at(place)[0] = (members.get(handle) ?? []).length;
  },
  MPI_Comm_group: (_, [handle = 0, place = 0], { at }) => {
    at(place)[0] = BigInt(handle);
  },
  MPI_Group_translate_ranks: (_, [group = 0, count = 0, from = 0, other = 0, into = 0], { at, members }) => {
    for (let i = 0; i < count; i++) {
      const first = members.get(group)?.[Number(at(from)[i])] ?? -1;
      at(into)[i] = (members.get(other) ?? []).indexOf(first);
    }
  },
  MPIX_Comm_revoke: () => {},
  MPIX_Comm_iagree: (mpi, [, place = 0], { at }) => {
    if (!mpi.areOthersDone) at(place)[0] = 0;
  },
  MPI_Test: (_, [, done = 0], { at }) => {
    at(done)[0] = 1;
  },
  MPIX_Comm_shrink: ({ living }, [, place = 0], { at, members }) => {
    members.set(members.size + WORLD, living);
    at(place)[0] = BigInt(members.size);
  },
};

const READING = /_(?:rank|size|group|translate_ranks|set_errhandler)$|_Test$/;

/** MPI as rank `own` of `size` ranks sees it. */
export function createMadeMpi(size: number, own: number): MadeMpi {
  const places = new Map<ArrayBufferView, number>();
  const living = Array.from({ length: size }, (_, rank) => rank);
  const members = new Map<number, readonly number[]>([[WORLD, living]]);
  const calls: string[] = [];
  const at = (place: number) => {
    for (const [view, known] of places) {
      if (known === place && (view instanceof Int32Array || view instanceof BigInt64Array)) return view;
    }
    throw new Error(`nothing lies at ${place}`);
  };
  const tryCall = (name: string, ...values: number[]) => {
    const [, said = 0] = values;
    if (name === "MPIX_Comm_iagree") calls.push(`${name} ${at(said)[0]}`);
    else if (!READING.test(name)) calls.push(name);
    ANSWERS[name]?.({ ...mpi, own }, values, { at, members });
    return 0;
  };
  const library: MpiLibrary = Object.create(MpiLibrary.prototype, {
    flavour: { value: { world: WORLD, errorsReturn: 0, ignored: 0 } },
    addressOf: { value: (view: ArrayBufferView) => findOrCreate(places, view, () => places.size + 1) },
    tryCall: { value: tryCall },
    call: { value: tryCall },
  });
  const mpi: MadeMpi = { library, calls, living, areOthersDone: true };
  return mpi;
}
