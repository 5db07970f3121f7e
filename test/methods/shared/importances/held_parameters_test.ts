import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import { HeldParameters } from "../../../../src/methods/shared/importances/held_parameters.ts";

/** Masks of long runs, and scattered ones. */
const masks = fc.oneof(
  fc.array(fc.tuple(fc.nat(1), fc.integer({ min: 60, max: 300 })), { maxLength: 6 }).map((runs) => {
    return Float32Array.from(runs.flatMap(([bit, length]) => new Array<number>(length).fill(bit)));
  }),
  fc.array(fc.nat(1), { maxLength: 200 }).map((bits) => Float32Array.from(bits)),
);

describe("HeldParameters.putBack()", () => {
  test("gives those held their values and leaves all others, in runs or scattered", () => {
    fc.assert(
      fc.property(masks, (mask) => {
        const before = mask.map((_, i) => i + 0.5);
        const held = new HeldParameters(before, mask);
        const parameters = mask.map((_, i) => -i - 1);
        const wanted = parameters.map((value, i) => (mask[i] === 1 ? (before[i] ?? 0) : value));
        held.putBack(parameters);
        expect(parameters).toEqual(wanted);
      }),
    );
  });
});
