import { beforeAll, describe, expect, test } from "bun:test";
import { startMadeCluster } from "../../support/made_cluster.ts";
import type { Fault } from "./fault.ts";
import { COMMANDS, startCluster, useBreaking, useCluster } from "./used_cluster.ts";

let undisturbed: unknown;
beforeAll(async () => {
  const cluster = await startCluster({});
  undisturbed = await useCluster(cluster);
  await cluster.close();
});

describe("Cluster with maxRestarts", () => {
  const faults: Omit<Fault, "times">[] = [
    { how: "throw", replica: 0, command: 0, moment: { kind: "start" } },
    { how: "hang", replica: 0, command: 1, moment: { kind: "look", number: 1 } },
    { how: "exit", replica: 0, command: 1, moment: { kind: "look", number: 5 } },
    { how: "throw", replica: 0, command: 1, moment: { kind: "chunk begun", number: 0 } },
    { how: "throw", replica: 1, command: 1, moment: { kind: "chunk changed", number: 1 } },
    { how: "throw", replica: 0, command: 4, moment: { kind: "chunk changed", number: 1 } },
    { how: "exit", replica: 1, command: 4, moment: { kind: "start" } },
    { how: "throw", replica: 1, command: 5, moment: { kind: "chunk begun", number: 0 } },
    { how: "exit", replica: 0, command: 6, moment: { kind: "look", number: 1 } },
  ];
  for (const fault of faults) {
    const { how, replica, command, moment } = fault;
    const when = "number" in moment ? `${moment.kind} ${moment.number}` : moment.kind;
    test(`gives the same bits, when replica ${replica} makes the fault "${how}" in ${COMMANDS[command]} (${when})`, async () => {
      const { result, restarts } = await useBreaking({ ...fault, times: 1 }, { maxRestarts: 1 });
      expect(restarts.length).toBe(1);
      expect(restarts[0]).toMatch(new RegExp(`^Replica ${replica} was lost and is replaced \\(1 of 1\\): Cannot `));
      expect(result).toEqual(undisturbed);
    });
  }

  test("replaces a replica several times, as often as it may", async () => {
    const fault: Fault = { how: "throw", replica: 1, command: 0, moment: { kind: "start" }, times: 2 };
    const { result, restarts } = await useBreaking(fault, { maxRestarts: 2 });
    expect(restarts.length).toBe(2);
    expect(result).toEqual(undisturbed);
  });

  test("gives up with the last cause, when it may not replace any more", async () => {
    const fault: Fault = { how: "throw", replica: 1, command: 0, moment: { kind: "start" }, times: 3 };
    await expect(useBreaking(fault, { maxRestarts: 2 })).rejects.toThrow("replica 1 failed: the device is on fire");
  });

  test("fails, and can be closed, when a replica falls silent in the middle of an update", async () => {
    const fault: Fault = { how: "hang", replica: 0, command: 1, moment: { kind: "chunk begun", number: 0 }, times: 1 };
    await expect(useBreaking(fault, { maxRestarts: 1 })).rejects.toThrow(
      /replica 0 gave no sign of life .* \(last seen updating\)/,
    );
  });

  test("is refused below 0", async () => {
    expect(() => startMadeCluster({ workers: 1, maxRestarts: -1 })).toThrow("maxRestarts");
  });
});
