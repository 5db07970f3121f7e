import { describe, expect, test } from "bun:test";
import { readRankPlace } from "../../../src/cluster/ranks/rank_place.ts";

const OPEN_MPI = { OMPI_COMM_WORLD_RANK: "1", OMPI_COMM_WORLD_SIZE: "4", OMPI_COMM_WORLD_LOCAL_SIZE: "2" };

describe("readRankPlace()", () => {
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
