import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import { createParameterLayout, type ParameterLayout } from "../../src/core/parameter_layout.ts";
import { compareParameters, remapVector } from "../../src/core/remap_vector.ts";

/** Two layouts of the same names, the second with longer axes, in another order and with a tensor more. */
const changes = fc
  .array(fc.array(fc.record({ before: fc.nat(3), grown: fc.nat(2) }), { maxLength: 3 }), { minLength: 1, maxLength: 4 })
  .map((tensors) => {
    const name = (i: number) => `layer${i}/kernel`;
    const before = tensors.map((axes, i) => ({ name: name(i), shape: axes.map((axis) => axis.before) }));
    const after = tensors.map((axes, i) => ({ name: name(i), shape: axes.map((axis) => axis.before + axis.grown) }));
    const more = { name: "new/bias", shape: [2] };
    return { from: createParameterLayout(before), to: createParameterLayout([more, ...after.reverse()]) };
  });

/** Element by element, by its index on each axis: "layer0/kernel[1,2]" → place. */
function listPlaces({ entries }: ParameterLayout): Map<string, number> {
  const places = new Map<string, number>();
  for (const { name, shape, offset, size } of entries) {
    for (let i = 0; i < size; i++) {
      const index: number[] = [];
      let rest = i;
      for (const length of shape.toReversed()) {
        index.unshift(rest % length);
        rest = Math.floor(rest / length);
      }
      places.set(`${name}[${index}]`, offset + i);
    }
  }
  return places;
}

describe("compareParameters()", () => {
  const layouts = (trained: readonly string[], state: readonly string[]) => {
    const lay = (names: readonly string[]) => createParameterLayout(names.map((name) => ({ name, shape: [2] })));
    return { layout: lay(trained), stateLayout: lay(state) };
  };

  test("finds what is trained no more, and remapVector() leaves it out", () => {
    const change = compareParameters(layouts(["a", "b"], ["s"]), layouts(["b", "c"], ["a", "s"]));
    expect([...(change.frozen ?? [])]).toEqual(["a"]);
    expect(remapVector(Float32Array.of(1, 2, 3, 4), change)).toEqual(Float32Array.of(3, 4, 0, 0));
  });

  test("finds nothing where a tensor is simply gone, which remapVector() refuses", () => {
    const change = compareParameters(layouts(["a", "b"], []), layouts(["b"], []));
    expect(change.frozen).toBe(undefined);
    expect(() => remapVector(Float32Array.of(1, 2, 3, 4), change)).toThrow("needs a place for a");
  });
});

describe("remapVector()", () => {
  test("moves every element to the same index of the same tensor, and leaves the others, when tensors grew", () => {
    fc.assert(
      fc.property(changes, ({ from, to }) => {
        const vector = Float32Array.from({ length: from.size }, (_, i) => i + 1);
        const into = Float32Array.from({ length: to.size }, (_, i) => -i - 1);
        const wanted = into.slice();
        const targets = listPlaces(to);
        for (const [element, place] of listPlaces(from)) wanted[targets.get(element) ?? -1] = place + 1;
        expect(remapVector(vector, { from, to, into })).toBe(into);
        expect(into).toEqual(wanted);
      }),
    );
  });

  test("makes a vector of zeros for the new parts, when given none", () => {
    const from = createParameterLayout([{ name: "a", shape: [2, 1] }]);
    const to = createParameterLayout([{ name: "a", shape: [2, 3] }]);
    expect([...remapVector(Float32Array.of(4, 5), { from, to })]).toEqual([4, 0, 0, 5, 0, 0]);
  });

  test("throws a RangeError, when lengths differ, a tensor is gone, shrank or has another rank", () => {
    const from = createParameterLayout([{ name: "a", shape: [2, 2] }]);
    const remapTo = (shape: number[], name = "a", vector = new Float32Array(4)) =>
      remapVector(vector, { from, to: createParameterLayout([{ name, shape }]) });
    expect(() => remapTo([2, 2], "a", new Float32Array(3))).toThrow("needs 4 values, got 3");
    expect(() => remapTo([2, 2], "b")).toThrow("a place for a");
    expect(() => remapTo([2, 1])).toThrow("needs a shape that holds [2,2], got [2, 1]");
    expect(() => remapTo([4])).toThrow(RangeError);
    const into = new Float32Array(5);
    expect(() => remapVector(new Float32Array(4), { from, to: from, into })).toThrow("needs 4 values, got 5");
  });
});
