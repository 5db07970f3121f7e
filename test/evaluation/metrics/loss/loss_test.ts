import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import { Loss } from "../../../../src/evaluation/metrics/loss/loss.ts";
import { computeSlowLoss } from "../../slow_measures.ts";

describe("Loss", () => {
  test("result() is the mean over samples, whatever the minibatch lengths", () => {
    const batch = fc.record({
      loss: fc.double({ min: 0, max: 9, noNaN: true }),
      length: fc.integer({ min: 1, max: 9 }),
    });
    fc.assert(
      fc.property(fc.array(batch, { minLength: 1 }), (batches) => {
        const metric = new Loss();
        for (const { loss, length } of batches) metric.update(loss, length);
        const seen = batches.map(({ loss, length }) => ({ loss, y: new Array<number>(length).fill(0) }));
        expect(metric.result()).toBeCloseTo(computeSlowLoss(seen), 10);
      }),
    );
  });

  test("restore() goes on from save(), and reset() starts anew", () => {
    const metric = new Loss();
    metric.update(2, 10);
    const other = new Loss();
    other.restore(JSON.parse(JSON.stringify(metric.save())));
    other.update(1, 10);
    expect(other.result()).toBe(1.5);
    other.reset();
    expect(other.result()).toBe(0);
  });
});
