import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import { chooseWeightOrder, orderShape, orderValues, restoreOrder } from "../../../src/onnx/import/weight_order.ts";

/** A shape, and an order of its axes. */
const ordered = fc.array(fc.integer({ min: 1, max: 4 }), { minLength: 1, maxLength: 5 }).chain((shape) =>
  fc.record({
    shape: fc.constant(shape),
    order: fc.shuffledSubarray(
      shape.map((_, axis) => axis),
      { minLength: shape.length, maxLength: shape.length },
    ),
  }),
);

/** The place of an element in memory. */
function placeOf(position: readonly number[], shape: readonly number[]): number {
  return shape.reduce((place, length, axis) => place * length + (position[axis] ?? 0), 0);
}

describe("orderValues()", () => {
  test("puts every element where its axes went, and restoreOrder() puts it back, whatever the order", () => {
    fc.assert(
      fc.property(ordered, fc.nat(), ({ shape, order }, seed) => {
        const values = Float32Array.from({ length: shape.reduce((a, b) => a * b, 1) }, (_, i) => i);
        const own = orderShape(shape, order);
        const moved = orderValues(values, shape, order);
        const position = shape.map((length, axis) => (seed >> axis) % length);
        const ownPosition = own.map((_, axis) => position[order.indexOf(axis)] ?? 0);
        expect(moved[placeOf(ownPosition, own)]).toBe(placeOf(position, shape));
        expect(restoreOrder(moved, own, order)).toEqual(values);
      }),
    );
  });
});

describe("chooseWeightOrder()", () => {
  test("puts taps first in kernels of convolutions, and leaves other weights", () => {
    expect(chooseWeightOrder("Conv", 1, [8, 4, 3, 5])).toEqual([3, 2, 0, 1]);
    expect(orderShape([8, 4, 3, 5], [3, 2, 0, 1])).toEqual([3, 5, 4, 8]);
    expect(chooseWeightOrder("Conv", 1, [8, 4, 3])).toEqual([2, 1, 0]);
    for (const shape of [[8], [8, 4], [8, 4, 1, 1], [8, 1, 3, 3]]) {
      expect(chooseWeightOrder("Conv", 1, shape)).toBeUndefined();
    }
    expect(chooseWeightOrder("ConvTranspose", 1, [8, 4, 3, 3])).toBeUndefined();
    expect(chooseWeightOrder("Conv", 2, [8, 4, 3, 3])).toBeUndefined();
  });
});
