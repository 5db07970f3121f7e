import { describe, expect, test } from "bun:test";
import { createControlBlock, Phase, ReplicaWord, replicaWord } from "../../../src/cluster/protocol/control_block.ts";
import { CallClock } from "../../../src/cluster/replica/call_clock.ts";

describe("CallClock", () => {
  test("tells the slowest computation, but nothing during one of a new kind or of many more rows", () => {
    const control = createControlBlock(2);
    const clock = new CallClock(control, 1);
    const told = () => control[replicaWord(1, ReplicaWord.slowestCallMs)];
    const during = (kind: number, rows: number, ms: number) => {
      clock.begin(kind, rows);
      const value = told();
      clock.end(ms);
      return value;
    };
    expect(during(Phase.forward, 8, 10.2)).toBe(0);
    expect(told()).toBe(11);
    expect(during(Phase.forward, 8, 5)).toBe(11);
    expect(during(Phase.forward, 32, 20)).toBe(11);
    expect(during(Phase.gradient, 2, 90)).toBe(0);
    expect(during(Phase.forward, 129, 50)).toBe(0);
    expect(during(Phase.forward, 100, 50)).toBe(90);
    expect(told()).toBe(90);
    expect(control[replicaWord(0, ReplicaWord.slowestCallMs)]).toBe(0);
  });
});
