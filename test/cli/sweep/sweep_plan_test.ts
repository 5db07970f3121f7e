import { describe, expect, test } from "bun:test";
import { isDeepStrictEqual } from "node:util";
import fc from "fast-check";
import { type KnownConfiguration, planSweep, type SweepChoice } from "../../../src/cli/sweep/sweep_plan.ts";

const GRID = { strategy: ["naive"], benchmark: ["split-mnist"], model: ["mlp"], optimizer: ["sgd"] };

function choose(grid: Partial<SweepChoice["grid"]> = {}, seeds: readonly number[] = [0]): SweepChoice {
  return { grid: { ...GRID, ...grid }, words: ["--epochs=2"], seeds };
}

describe("planSweep()", () => {
  test("has every combination with every seed, called by what differs", () => {
    const plan = planSweep(choose({ strategy: ["naive", "ewc:lambda=1"], model: ["mlp", "lenet5"] }, [3, 5]), []);
    expect(plan.map(({ name }) => name)).toEqual([
      "naive, mlp",
      "ewc:lambda=1, mlp",
      "naive, lenet5",
      "ewc:lambda=1, lenet5",
    ]);
    expect(plan[1]?.runs.map(({ folder }) => folder)).toEqual(["ewc-lambda=1-mlp-seed-3", "ewc-lambda=1-mlp-seed-5"]);
    expect(plan[1]?.runs[1]).toMatchObject({ label: "ewc:lambda=1, mlp, seed 5", seed: 5 });
    expect(plan[1]?.runs[1]?.words).toEqual([
      ...["--strategy=ewc:lambda=1", "--benchmark=split-mnist", "--model=mlp", "--optimizer=sgd", "--epochs=2"],
      "--seed=5",
    ]);
    expect(planSweep(choose(), []).map(({ name }) => name)).toEqual(["naive"]);
  });

  test("gives each configuration a folder of its own, of plain characters and not too long", () => {
    const name = fc.oneof(fc.string({ minLength: 1 }), fc.constantFrom("a:b", "a-b", "...", "x".repeat(200)));
    fc.assert(
      fc.property(fc.uniqueArray(name, { minLength: 2, maxLength: 8 }), (strategy) => {
        const folders = planSweep(choose({ strategy }), []).flatMap(({ runs }) => runs.map(({ folder }) => folder));
        expect(new Set(folders).size).toBe(strategy.length);
        for (const folder of folders) expect(folder).toMatch(/^[\w=][\w.=-]{0,89}-seed-0$/);
      }),
    );
  });

  test("leaves names and folders of what is there as they are, whatever is added in whatever order", () => {
    const value = fc.constantFrom("a", "b:x=1", "b-x=1", "c", "d/e", "d-e");
    const grid = fc.record({
      strategy: fc.uniqueArray(value, { minLength: 1 }),
      model: fc.uniqueArray(value, { minLength: 1 }),
    });
    fc.assert(
      fc.property(grid, fc.uniqueArray(value), fc.uniqueArray(value), (first, strategies, models) => {
        const before = planSweep(choose(first), []);
        const known: KnownConfiguration[] = before.map(({ name, choice, runs }) => ({
          name,
          choice,
          stem: (runs[0]?.folder ?? "").replace(/-seed-0$/, ""),
        }));
        const added = {
          strategy: [...new Set([...strategies, ...first.strategy])],
          model: [...new Set([...models, ...first.model])],
        };
        const after = planSweep(choose(added, [0, 1]), known);
        for (const { name, choice, runs } of before) {
          const now = after.find((other) => isDeepStrictEqual(other.choice, choice));
          expect(now?.name).toBe(name);
          expect(now?.runs[0]).toEqual(runs[0]);
        }
        const folders = after.flatMap(({ runs }) => runs.map(({ folder }) => folder));
        expect(new Set(folders).size).toBe(added.strategy.length * added.model.length * 2);
        expect(new Set(after.map(({ name }) => name)).size).toBe(after.length);
      }),
      // The first run is called by its strategy; then a model of the same text is added.
      { examples: [[{ strategy: ["a"], model: ["c"] }, [], ["a"]]] },
    );
  });
});
