import { describe, expect, test } from "bun:test";
import { ForwardTransfer } from "../../../../src/evaluation/metrics/transfer/forward_transfer.ts";

describe("ForwardTransfer", () => {
  test("is the value before an experience minus the very first value, for keys that have both", () => {
    const metric = new ForwardTransfer();
    metric.updateInitial(1, 0.125);
    metric.updateInitial(1, 0.75);
    metric.updateInitial(2, 0.5);
    metric.updatePrevious(1, 0.9);
    metric.updatePrevious(1, 0.25);
    metric.updatePrevious(3, 0.25);
    expect([...metric.result()]).toEqual([[1, 0.125]]);
    expect(metric.resultOf(2)).toBe(undefined);
    expect(metric.resultOf(3)).toBe(undefined);
  });

  test("save() and restore() go on to the same result, and reset() forgets", () => {
    const [metric, copy] = [new ForwardTransfer(), new ForwardTransfer()];
    metric.updateInitial(1, 0.5);
    copy.updateInitial(7, 1);
    copy.restore(JSON.parse(JSON.stringify(metric.save())));
    copy.updatePrevious(1, 1);
    expect([...copy.result()]).toEqual([[1, 0.5]]);
    copy.reset();
    expect(copy.save()).toEqual(new ForwardTransfer().save());
    expect(() => copy.restore([])).toThrow(TypeError);
  });
});
