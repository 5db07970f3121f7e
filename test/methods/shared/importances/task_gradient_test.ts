import { describe, expect, test } from "bun:test";
import { createQuadraticPenalty, mayHaveChanged, type QuadraticPenalty } from "../../../../src/cluster/penalty.ts";
import { TaskGradient } from "../../../../src/methods/shared/importances/task_gradient.ts";

const LENGTH = 7;

/** Numbers that are not round in float32. */
function makeVector(seed: number): Float32Array {
  return Float32Array.from({ length: LENGTH }, (_, i) => Math.sin(seed + 3 * i) / 3);
}

function makePenalty(seed: number): QuadraticPenalty {
  const penalty = createQuadraticPenalty(LENGTH);
  penalty.a.set(makeVector(seed));
  penalty.b.set(makeVector(seed + 1));
  penalty.scale = 0.3 + seed;
  mayHaveChanged(penalty);
  return penalty;
}

describe("TaskGradient", () => {
  for (const count of [0, 1, 2, 4]) {
    test(`leaveLast() takes all of ${count} penalties but the last from the gradient, one after another`, () => {
      const penalties = Array.from({ length: count }, (_, i) => makePenalty(i));
      const [gradient, before] = [makeVector(20), makeVector(30)];
      const kept = gradient.slice();
      const step = new TaskGradient().leaveLast({ gradient, before, penalties });
      expect(gradient).toEqual(kept);
      for (const penalty of penalties) expect(mayHaveChanged(penalty)).toBe(false);
      const wanted = penalties
        .slice(0, -1)
        .reduce(
          (rest, { a, b, scale }) => rest.map((g, i) => g - 2 * scale * ((a[i] ?? 0) * (before[i] ?? 0) - (b[i] ?? 0))),
          kept,
        );
      expect(step.gradient).toEqual(wanted);
      expect(step.penalty?.scale).toBe(penalties.at(-1)?.scale);
      expect(step.penalty?.a).toEqual(penalties.at(-1)?.a);
    });
  }
});
