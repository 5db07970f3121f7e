import { describe, expect, test } from "bun:test";
import { readRankPlace } from "../../../src/cluster/ranks/rank_place.ts";

const OPEN_MPI = { OMPI_COMM_WORLD_RANK: "1", OMPI_COMM_WORLD_SIZE: "4", OMPI_COMM_WORLD_LOCAL_SIZE: "2" };

/** Recorded of SLURM 22.05, of the task with the global number 3: `srun -N3 -n5 --mpi=pmix`. */
const SRUN = {
  SLURM_GTIDS: "2,3",
  SLURM_JOB_NUM_NODES: "3",
  SLURM_LOCALID: "1",
  SLURM_MPI_TYPE: "pmix",
  SLURM_NNODES: "3",
  SLURM_NODEID: "1",
  SLURM_NPROCS: "5",
  SLURM_NTASKS: "5",
  SLURM_PROCID: "3",
  SLURM_STEP_NUM_NODES: "3",
  SLURM_STEP_NUM_TASKS: "5",
  SLURM_STEP_TASKS_PER_NODE: "2(x2),1",
  SLURM_TASKS_PER_NODE: "2(x2),1",
  PMIX_NAMESPACE: "slurm.pmix.11.0",
  PMIX_RANK: "3",
};

/** Recorded in `salloc -N3 -n6`, of one of the six that Open MPI's `mpirun -np 6` starts: by one daemon a node. */
const ALLOCATED = {
  OMPI_COMM_WORLD_LOCAL_RANK: "1",
  OMPI_COMM_WORLD_LOCAL_SIZE: "2",
  OMPI_COMM_WORLD_NODE_RANK: "1",
  OMPI_COMM_WORLD_RANK: "3",
  OMPI_COMM_WORLD_SIZE: "6",
  SLURM_GTIDS: "1",
  SLURM_JOB_NUM_NODES: "3",
  SLURM_LOCALID: "0",
  SLURM_NODEID: "1",
  SLURM_NTASKS: "3",
  SLURM_PROCID: "1",
  SLURM_STEP_NUM_NODES: "3",
  SLURM_STEP_NUM_TASKS: "3",
  SLURM_STEP_TASKS_PER_NODE: "1(x3)",
};

describe("readRankPlace()", () => {
  test("reads what srun leaves, and how many ranks it started on this node", () => {
    expect(readRankPlace(SRUN)).toEqual({ launcher: "SLURM", rank: 3, size: 5, localSize: 2 });
    // One a node.
    const { SLURM_GTIDS: _, ...each } = { ...SRUN, SLURM_STEP_NUM_NODES: "5" };
    expect(readRankPlace(each)).toEqual({ launcher: "SLURM", rank: 3, size: 5, localSize: undefined });
    const pmi = { ...SRUN, PMI_RANK: "3", PMI_SIZE: "5", SLURM_MPI_TYPE: "pmi2" };
    expect(readRankPlace(pmi)).toMatchObject({ launcher: "PMI", rank: 3, size: 5 });
  });

  test("takes SLURM's variables for those of a daemon where mpirun has started one a node", () => {
    expect(readRankPlace(ALLOCATED)).toEqual({ launcher: "Open MPI", rank: 3, size: 6, localSize: 2 });
    // Started by srun, each of several tasks a node has begun a job of its own.
    expect(() => readRankPlace({ ...ALLOCATED, SLURM_STEP_NUM_TASKS: "4" })).toThrow(
      "Open MPI says that this is rank 3 of 6, SLURM rank 1 of 4: start with one launcher",
    );
  });

  test("reads the variables of Open MPI, PMI, SLURM and torchrun", () => {
    expect(readRankPlace(OPEN_MPI)).toEqual({ launcher: "Open MPI", rank: 1, size: 4, localSize: 2 });
    expect(readRankPlace({ PMI_RANK: "0", PMI_SIZE: "2", MPI_LOCALNRANKS: "2" })).toEqual({
      launcher: "PMI",
      rank: 0,
      size: 2,
      localSize: 2,
    });
    expect(readRankPlace({ SLURM_PROCID: "3", SLURM_STEP_NUM_TASKS: "8" })).toMatchObject({ rank: 3, size: 8 });
    expect(readRankPlace({ RANK: "5", WORLD_SIZE: "6" })).toMatchObject({ rank: 5, size: 6 });
  });

  test("takes a process for a single one without them, as one of one, and in a batch script of SLURM", () => {
    expect(readRankPlace({})).toBeUndefined();
    expect(readRankPlace({ RANK: "0", WORLD_SIZE: "1" })).toBeUndefined();
    expect(readRankPlace({ SLURM_PROCID: "0", SLURM_NTASKS: "8" })).toBeUndefined();
  });

  test("takes launchers that agree for one, and that of MPI for it where another started it", () => {
    expect(readRankPlace({ ...OPEN_MPI, RANK: "1", WORLD_SIZE: "4" })?.launcher).toBe("Open MPI");
    expect(readRankPlace({ ...OPEN_MPI, SLURM_PROCID: "0", SLURM_STEP_NUM_TASKS: "1" })?.rank).toBe(1);
  });

  test("refuses what contradicts itself, in one sentence", () => {
    expect(() => readRankPlace({ ...OPEN_MPI, RANK: "0", WORLD_SIZE: "2" })).toThrow(
      "Open MPI says that this is rank 1 of 4, RANK and WORLD_SIZE rank 0 of 2: start with one launcher",
    );
    expect(() => readRankPlace({ PMI_RANK: "2", PMI_SIZE: "2" })).toThrow("PMI_RANK must be below PMI_SIZE, 2, got 2");
    expect(() => readRankPlace({ RANK: "x", WORLD_SIZE: "2" })).toThrow('RANK must be a whole number, got "x"');
  });
});
