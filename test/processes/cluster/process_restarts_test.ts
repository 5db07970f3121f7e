import { beforeAll, describe, expect, test } from "bun:test";
import process from "node:process";
import type { Fault } from "../../cluster/supervision/fault.ts";
import { COMMANDS, startCluster, useBreaking, useCluster } from "../../cluster/supervision/used_cluster.ts";

const FAULTS: readonly Omit<Fault, "times">[] = [
  { how: "kill", replica: 1, command: 1, moment: { kind: "chunk changed", number: 1 } },
  { how: "segfault", replica: 0, command: 1, moment: { kind: "look", number: 1 } },
  // A thread that falls silent here cannot be ended for sure, and the step fails; a process can.
  { how: "hang", replica: 0, command: 1, moment: { kind: "chunk begun", number: 0 } },
];

/** Elsewhere processes are refused, as memory that they share needs Linux. */
describe.if(process.platform === "linux")("Cluster of processes with maxRestarts", () => {
  let undisturbed: unknown;
  beforeAll(async () => {
    const cluster = await startCluster({});
    undisturbed = await useCluster(cluster);
    await cluster.close();
  });

  test("gives the bits of threads when nothing breaks", async () => {
    const cluster = await startCluster({ isolation: "process" });
    expect(await useCluster(cluster)).toEqual(undisturbed);
    await cluster.close();
  });

  for (const fault of FAULTS) {
    const { how, replica, command, moment } = fault;
    const when = "number" in moment ? `${moment.kind} ${moment.number}` : moment.kind;
    test(`gives the same bits, when replica ${replica} makes the fault "${how}" in ${COMMANDS[command]} (${when})`, async () => {
      const { result, restarts } = await useBreaking({ ...fault, times: 1 }, { maxRestarts: 1, isolation: "process" });
      expect(restarts.length).toBe(1);
      expect(restarts[0]).toMatch(new RegExp(`^Replica ${replica} was lost and is replaced \\(1 of 1\\): Cannot `));
      expect(result).toEqual(undisturbed);
    });
  }

  const loading = { replica: 1, command: -1, moment: { kind: "load" } } as const;

  for (const [how, signal] of [
    ["kill", "SIGKILL"],
    ["segfault", "SIGSEGV"],
  ] as const) {
    test(`replaces a replica that ends twice by ${signal} while it loads its engine`, async () => {
      const fault: Fault = { how, times: 2, ...loading };
      const { result, restarts } = await useBreaking(fault, { maxRestarts: 2, isolation: "process" });
      const lines = [1, 2].map((n) => `Replica 1 was lost and is replaced (${n} of 2): Cannot go on: replica 1 was`);
      expect(restarts).toEqual(lines.map((line) => `${line} ended by ${signal}`));
      expect(result).toEqual(undisturbed);
    });
  }

  test("does not start when a replica is killed once too often, or its engine cannot be loaded", async () => {
    const killed: Fault = { how: "kill", times: 2, ...loading };
    const lost = useBreaking(killed, { maxRestarts: 1, isolation: "process" });
    await expect(lost).rejects.toThrow("Cannot go on: replica 1 was ended by SIGKILL");
    const burning: Fault = { how: "throw", times: 1, ...loading };
    const failed = useBreaking(burning, { maxRestarts: 1, isolation: "process" });
    await expect(failed).rejects.toThrow("the device is on fire");
  });

  test("fails with the signal's name, when it may not replace a replica that was killed", async () => {
    const fault: Fault = { how: "kill", replica: 1, command: 1, moment: { kind: "start" }, times: 1 };
    const lost = useBreaking(fault, { maxRestarts: 0, isolation: "process" });
    await expect(lost).rejects.toThrow("Cannot go on: replica 1 was ended by SIGKILL");
  });
});
