import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import { projectOntoMemories } from "../../../src/methods/gem/project_gradient.ts";
import { measureDifference } from "../shared/slow_losses.ts";
import { holdMemories } from "./held_memories.ts";

/** A gradient and up to four memories' of a few parameters, and a memory strength. */
const problems = fc.integer({ min: 1, max: 6 }).chain((length) => {
  const vector = fc.array(
    fc.integer({ min: -20, max: 20 }).map((value) => value / 10),
    { minLength: length, maxLength: length },
  );
  return fc.record({
    gradient: vector,
    memories: fc.array(vector, { minLength: 1, maxLength: 4 }),
    strength: fc.constantFrom(0, 0.5, 2),
  });
});

/** Whether the product's sign is that of its terms, and not of the rounding of a sum that is 0. */
function hasSign(a: readonly number[], b: readonly number[]): boolean {
  return Math.abs(dot(a, b)) > 1e-6 || a.every((value, i) => value * (b[i] ?? 0) === 0);
}

const dot = (a: readonly number[], b: readonly number[]) => a.reduce((sum, value, i) => sum + value * (b[i] ?? 0), 0);

/** The same by coordinate descent on the dual: each v in turn to its own minimum, until nothing moves. */
function projectSlowly(
  gradient: readonly number[],
  memories: readonly (readonly number[])[],
  strength: number,
): number[] {
  if (memories.every((memory) => dot(memory, gradient) >= 0)) return [...gradient];
  const weights = memories.map(() => strength);
  for (let round = 0; round < 20_000; round++) {
    for (const [i, memory] of memories.entries()) {
      const others = memories.reduce(
        (sum, other, j) => sum + (i === j ? 0 : dot(memory, other) * (weights[j] ?? 0)),
        0,
      );
      const best = -(dot(memory, gradient) + others) / (dot(memory, memory) + 1e-3);
      weights[i] = Math.max(strength, best);
    }
  }
  return gradient.map((value, p) =>
    memories.reduce((sum, memory, i) => sum + (weights[i] ?? 0) * (memory[p] ?? 0), value),
  );
}

describe("projectOntoMemories()", () => {
  test("is coordinate descent on the dual, where a memory conflicts, and nothing otherwise", () => {
    fc.assert(
      fc.property(problems, ({ gradient, memories, strength }) => {
        fc.pre(memories.every((memory) => hasSign(memory, gradient)));
        const moved = Float32Array.from(gradient);
        const before = moved.slice();
        const vectors = memories.map((memory) => Float32Array.from(memory));
        const wasMoved = projectOntoMemories(moved, holdMemories(vectors), strength);
        expect(wasMoved).toBe(memories.some((memory) => dot([...memory], gradient) < -1e-6));
        if (!wasMoved) expect(moved).toEqual(before);
        expect(measureDifference(moved, projectSlowly(gradient, memories, strength))).toBeLessThan(2e-2);
      }),
      { numRuns: 40 },
    );
  });

  test("leaves no conflict behind and moves as little as it can, by hand", () => {
    const gradient = new Float32Array([1, -1]);
    // The only constraint is y >= 0: the nearest point is (1, 0), but for the ridge.
    projectOntoMemories(gradient, holdMemories([new Float32Array([0, 10])]), 0);
    expect(measureDifference(gradient, [1, 0])).toBeLessThan(1e-4);
    const kept = new Float32Array([1, 0.5]);
    expect(projectOntoMemories(kept, holdMemories([new Float32Array([0, 10])]), 0.5)).toBe(false);
    expect([...kept]).toEqual([1, 0.5]);
  });

  test("gives memories at least their strength, once one of them conflicts", () => {
    const gradient = new Float32Array([0, -0.1]);
    projectOntoMemories(gradient, holdMemories([new Float32Array([0, 1]), new Float32Array([1, 0])]), 0.5);
    expect(measureDifference(gradient, [0.5, 0.4])).toBeLessThan(1e-3);
  });

  test("refuses vectors of other lengths and numbers that are not finite", () => {
    const zeros = (length: number) => holdMemories([new Float32Array(length)]);
    const gradient = new Float32Array([1, Number.NaN]);
    expect(() => projectOntoMemories(gradient, zeros(3), 0)).toThrow("one of their length, 3, got 2");
    expect(() => projectOntoMemories(gradient, zeros(2), 0)).toThrow("finite gradients, got NaN");
    expect(() => holdMemories([new Float32Array([Number.NEGATIVE_INFINITY])])).toThrow(
      "finite gradients, got Infinity",
    );
  });
});
