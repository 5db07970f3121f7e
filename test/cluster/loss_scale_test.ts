import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import { LossScale } from "../../src/cluster/loss_scale.ts";

/** GradScaler of PyTorch: 65,536 at first; twice that after 2,000 good steps, half of it at a bad one. */
function* followSlowly(): Generator<number, never, boolean> {
  let [value, good] = [65_536, 0];
  for (;;) {
    const overflowed: boolean = yield value;
    good = overflowed ? 0 : good + 1;
    if (overflowed) value *= 0.5;
    if (good === 2_000) [value, good] = [Math.min(2 ** 24, value * 2), 0];
  }
}

describe("LossScale", () => {
  test("goes as PyTorch's does, whatever overflows, across a save and a restore", () => {
    const runs = fc.array(fc.integer({ min: 0, max: 4_500 }), { maxLength: 12 });
    fc.assert(
      fc.property(runs, fc.nat(11), (goodRuns, savedAt) => {
        let scale = new LossScale("float16");
        const slow = followSlowly();
        slow.next();
        const differences: number[][] = [];
        for (const [i, good] of goodRuns.entries()) {
          for (let step = 0; step <= good; step++) {
            scale.follow(step === good);
            const wanted: number = slow.next(step === good).value;
            // Not a call of expect for each of a million steps.
            if (scale.value !== wanted) differences.push([scale.value, wanted]);
          }
          if (i !== savedAt) continue;
          const other = new LossScale("float16");
          const saved = scale.save();
          if (saved) other.restore(saved);
          scale = other;
        }
        expect(differences).toEqual([]);
      }),
      { numRuns: 30 },
    );
  });

  test("refuses gradients that overflow at the scale 1, and stays as it is in other precisions", () => {
    const scale = new LossScale("float16");
    for (let step = 0; step < 16; step++) scale.follow(true);
    expect(scale.value).toBe(1);
    expect(() => scale.follow(true)).toThrow(/^training in float16 needs gradients below 65,504 at loss scale 1/);
    for (const [precision, value] of [
      ["float32", 0],
      ["bfloat16", 1],
    ] as const) {
      const fixed = new LossScale(precision);
      fixed.follow(true);
      expect([fixed.value, fixed.save()]).toEqual([value, undefined]);
    }
  });
});
