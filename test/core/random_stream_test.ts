import { describe, expect, test } from "bun:test";
import { RandomStream } from "../../src/core/random_stream.ts";

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
