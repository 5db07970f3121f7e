import { describe, expect, test } from "bun:test";
import { readdir } from "node:fs/promises";
import { LONGEST, listSteps } from "../../scripts/check_steps.ts";

const TESTS = ["test/core/deep/a_test.ts", "test/core/b_test.ts", "test/cli/a_test.ts", "test/web/a_test.ts"];

describe("listSteps()", () => {
  test("has a step for each folder of tests in each runtime, with a report of its own", () => {
    const steps = listSteps(TESTS, "out").filter(({ report }) => report !== undefined);
    expect(steps.map(({ name }) => name).sort()).toEqual([
      ...["Bun", "Deno"].flatMap((runtime) => ["cli", "core", "web"].map((room) => `${runtime}, ${room}`)),
      "native TensorFlow",
      "ranks",
    ]);
    expect(new Set(steps.map(({ report }) => report)).size).toBe(8);
    for (const { command, report = "" } of steps) expect(command.some((word) => word.endsWith(report))).toBe(true);
    expect(steps.find(({ name }) => name === "Deno, core")?.command.at(-1)).toBe("out/tests/test_core_test.ts");
    expect(steps.find(({ name }) => name === "Bun, core")?.command.at(-1)).toBe("./test/core/");
  });

  test("begins with what takes longest, and names nothing there that is no step", async () => {
    const tests = (await readdir("test")).map((room) => `test/${room}/a_test.ts`);
    const names = listSteps(tests, "out").map(({ name }) => name);
    expect(names.slice(0, LONGEST.length)).toEqual([...LONGEST]);
    expect(new Set(names).size).toBe(names.length);
  });
});
