import { describe, expect, test } from "bun:test";
import { openCommunicator } from "../../../../src/cluster/ranks/mpi/communicator.ts";
import { Survivors } from "../../../../src/cluster/ranks/mpi/elastic/survivors.ts";
import { Halt, MpiCalls, MpiWord } from "../../../../src/cluster/ranks/mpi/mpi_calls.ts";
import { createSharedInt32 } from "../../../../src/core/shared/shared_memory.ts";
import { createMadeMpi, WORLD } from "./made_mpi.ts";

/** Rank 2 of 5, its calls, and those that are left as it sees them. */
function start() {
  const mpi = createMadeMpi(5, 2);
  const stop = createSharedInt32(MpiWord.count);
  const calls = new MpiCalls(mpi.library, openCommunicator(mpi.library, WORLD), { stop, isCrowded: false });
  return { mpi, stop, calls, survivors: new Survivors(mpi.library, calls) };
}

const fail = () => {
  throw new Error("a rank is gone");
};

describe("Survivors", () => {
  test("attempt() gives what an exchange gives once all have done it, and changes nobody's number", () => {
    const { mpi, calls, survivors } = start();
    expect(survivors.attempt(() => 7)).toEqual({ kind: "done", value: 7 });
    expect(mpi.calls).toEqual(["MPIX_Comm_iagree 1"]);
    expect(calls.communicator).toEqual({ handle: WORLD, rank: 2, size: 5 });
  });

  test("attempt() undoes on all what failed on one, and names those lost by their first numbers", () => {
    const { mpi, stop, calls, survivors } = start();
    Atomics.store(stop, MpiWord.halt, Halt.rankLost);
    mpi.living = [0, 2, 3, 4];
    // It fails here: nobody may wait for this rank any longer.
    expect(survivors.attempt(fail)).toEqual({ kind: "undone", lost: [1] });
    expect(mpi.calls).toEqual(["MPIX_Comm_revoke", "MPIX_Comm_iagree 0", "MPIX_Comm_shrink"]);
    expect(calls.communicator).toMatchObject({ rank: 1, size: 4 });
    expect(Atomics.load(stop, MpiWord.halt)).toBe(Halt.none);
    // It fails elsewhere.
    mpi.living = [0, 2];
    mpi.areOthersDone = false;
    expect(survivors.attempt(() => 7)).toEqual({ kind: "undone", lost: [3, 4] });
    expect(mpi.calls.slice(3)).toEqual(["MPIX_Comm_iagree 1", "MPIX_Comm_shrink"]);
    expect(calls.communicator).toMatchObject({ rank: 1, size: 2 });
    mpi.areOthersDone = true;
    expect(survivors.attempt(() => 8)).toEqual({ kind: "done", value: 8 });
  });

  test("attempt() gives up where exchanges fail again and again though nobody is lost", () => {
    const { survivors } = start();
    for (const _round of [0, 1]) {
      for (let i = 0; i < 10; i++) expect(survivors.attempt(fail)).toEqual({ kind: "undone", lost: [] });
      expect(survivors.attempt(() => 7).kind).toBe("done");
    }
    for (let i = 0; i < 10; i++) survivors.attempt(fail);
    expect(() => survivors.attempt(fail)).toThrow("exchanges fail though no rank was lost");
  });

  test("attempt() leaves the others alone where waits were ended for good", () => {
    const { mpi, stop, survivors } = start();
    Atomics.store(stop, MpiWord.halt, Halt.givenUp);
    expect(() => survivors.attempt(fail)).toThrow("a rank is gone");
    expect(mpi.calls).toEqual([]);
  });
});
