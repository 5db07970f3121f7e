import { afterAll, describe, expect, test } from "bun:test";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { writeDenoEntries } from "../../scripts/deno_entries.ts";
import { readTestReport } from "../../scripts/test_report.ts";
import { runCommand } from "../../src/cli/doctor/run_command.ts";
import { makeFolder, removeFolders } from "../support/made_idx.ts";

afterAll(removeFolders);

const HEADER = 'import { afterAll, beforeAll, describe, expect, test } from "bun:test";\n';

/** Two files of tests with the same names in them and hooks at their top level, and one that cannot be loaded. */
const FILES = {
  "a_test.ts": `${HEADER}let x = 0;
beforeAll(() => { x = 1; });
afterAll(() => { globalThis.ended = "a"; });
describe("group", () => { test("passes", () => expect(x).toBe(1)); test("fails", () => expect(x).toBe(2)); });
test.if(false)("is left out", () => {});`,
  "b_test.ts": `${HEADER}describe("group", () => { test("passes", () => expect(globalThis.ended).toBe("a")); });`,
  "c_test.ts": `${HEADER}test("is never known of", () => {});\nthrow new Error("c is broken");`,
};

describe("writeDenoEntries()", () => {
  test("writes one module for each folder in test, which names every file below it", async () => {
    const folder = await makeFolder({});
    const paths = ["test/core/b_test.ts", "test/core/a_test.ts", "test/core/deep/a_test.ts", "test/data/a_test.ts"];
    const entries = await writeDenoEntries(paths, folder);
    expect(entries).toEqual([join(folder, "test_core_test.ts"), join(folder, "test_data_test.ts")]);
    const [core = "", data = ""] = await Promise.all(entries.map((path) => readFile(path, "utf8")));
    expect(core.indexOf('"test/core/a_test.ts"')).toBeLessThan(core.indexOf('"test/core/b_test.ts"'));
    expect(core).toContain('registerFile("test/core/deep/a_test.ts", ');
    expect(core).not.toContain("test/data");
    expect(data).toContain('registerFile("test/data/a_test.ts", ');
  });

  test("gives modules in which tests fail and are counted by their files, whose hooks stay apart", async () => {
    const folder = await makeFolder(FILES);
    const [entry = ""] = await writeDenoEntries(
      Object.keys(FILES).map((name) => join(folder, name)),
      join(folder, "entries"),
    );
    const report = join(folder, "report.xml");
    const options = ["--allow-all", "--no-check", "--config=deno.json", `--junit-path=${report}`];
    const { succeeded, stdout } = await runCommand("node_modules/.bin/deno", ["test", ...options, entry]);
    expect(succeeded).toBe(false);
    expect(readTestReport(await readFile(report, "utf8"))).toMatchObject({ passed: 2, failed: 2, skipped: 1 });
    for (const name of Object.keys(FILES)) expect(stdout).toContain(name);
    expect(stdout).toContain("c is broken");
  }, 60_000);
});
