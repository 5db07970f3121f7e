import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import { Mean, Sum } from "../../../src/evaluation/metrics/mean.ts";

describe("Sum", () => {
  test("result() is the sum of what was added since the last reset, through JSON", () => {
    const sum = new Sum();
    expect(sum.result()).toBe(0);
    sum.update(5);
    const other = new Sum();
    other.restore(JSON.parse(JSON.stringify(sum.save())));
    other.update(-2);
    expect([sum.result(), other.result()]).toEqual([5, 3]);
    sum.reset();
    expect(sum.result()).toBe(0);
  });
});

describe("Mean", () => {
  test("result() is 0, when nothing was added or all was reset", () => {
    const mean = new Mean();
    expect(mean.result()).toBe(0);
    mean.update(3);
    mean.reset();
    expect(mean.result()).toBe(0);
  });

  test("result() weighs each value as often as it counts, whatever the weights", () => {
    const entry = fc.tuple(fc.integer({ min: -50, max: 50 }), fc.integer({ min: 1, max: 5 }));
    fc.assert(
      fc.property(fc.array(entry, { minLength: 1 }), (entries) => {
        const mean = new Mean();
        for (const [value, weight] of entries) mean.update(value, weight);
        const repeated = entries.flatMap(([value, weight]) => new Array<number>(weight).fill(value));
        expect(mean.result()).toBeCloseTo(repeated.reduce((sum, value) => sum + value, 0) / repeated.length, 10);
      }),
    );
  });

  test("restore() goes on from save(), through JSON", () => {
    const mean = new Mean();
    mean.update(2, 3);
    const other = new Mean();
    other.restore(JSON.parse(JSON.stringify(mean.save())));
    mean.update(5, 2);
    other.update(5, 2);
    expect(other.result()).toBe(mean.result());
  });

  test("restore() keeps a mean that is not a number, when JSON made null of it", () => {
    const mean = new Mean();
    mean.update(Number.NaN);
    const other = new Mean();
    other.restore(JSON.parse(JSON.stringify(mean.save())));
    expect(other.result()).toBeNaN();
  });

  test("restore() throws TypeError, when the state is something else", () => {
    expect(() => new Mean().restore({ sum: 1 })).toThrow(TypeError);
    expect(() => new Mean().restore({ sum: "1", weight: 2 })).toThrow("the saved state of a mean needs a number");
    expect(() => new Mean().restore({ sum: 1, weight: 2, more: 3 })).toThrow("no field but sum, weight");
  });
});
