import { describe, expect, test } from "bun:test";
import { RandomStream } from "../../src/core/random_stream.ts";
import { parseSavedCount } from "../../src/core/saved_state.ts";

describe("parseSavedCount()", () => {
  test("takes whole numbers from 0 on, and nothing else", () => {
    for (const count of [0, 1, 2 ** 40]) expect(parseSavedCount("restore", count)).toBe(count);
    for (const other of [-1, 0.5, 2 ** 53, Number.NaN, "1", null, undefined, []]) {
      expect(() => parseSavedCount("restore", other)).toThrow(TypeError);
    }
  });
});

describe("RandomStream.restore()", () => {
  test("goes on from what save() gave, and refuses a state of another form", () => {
    const stream = new RandomStream(1, "made");
    const state = stream.save();
    const drawn = stream.integer(1e9);
    stream.restore(state);
    expect(stream.integer(1e9)).toBe(drawn);
    for (const bad of [[], state.slice(1), [...state, 1], [0.5, 1, 2, 3]]) {
      expect(() => stream.restore(bad)).toThrow("a random stream's state must be four int32, got [");
    }
  });
});
