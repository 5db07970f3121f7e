import { afterAll, describe, expect, test } from "bun:test";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { createBenchProgram, parseSuites } from "../../../scripts/bench/bench_command.ts";
import { runProgram } from "../../../src/cli/run_cli.ts";
import { coverMembers } from "../../support/cover_members.ts";
import { makeFolder, removeFolders } from "../../support/made_idx.ts";

afterAll(removeFolders);

async function captureBench(words: readonly string[], signal = new AbortController().signal) {
  let stdout = "";
  let stderr = "";
  const context = {
    stdout: { write: (text: string) => (stdout += text) },
    stderr: { write: (text: string) => (stderr += text) },
    signal,
  };
  const status = await runProgram(createBenchProgram(context), words, context);
  return { status, stdout, stderr };
}

describe("parseSuites()", () => {
  test("keeps the suites' own order and names each once; none means all", () => {
    expect(parseSuites(["online", "step", "online"])).toEqual(["step", "online"]);
    expect(parseSuites([])).toEqual([
      "step",
      "scaling",
      "online",
      "long",
      "many",
      "run",
      "strategies",
      "networks",
      "serve",
      "feedback",
    ]);
  });
});

describe("bench", () => {
  test("--help lists the options and what a ratio means", async () => {
    const { status, stdout } = await captureBench(["--help"]);
    expect(status).toBe(0);
    for (const text of ["--suite", "--json", "--peers", "--python", "--quick", "above 1 is better"]) {
      expect(stdout).toContain(text);
    }
  });

  test("refuses what it does not know in one line and measures nothing", async () => {
    const refusals: [string[], RegExp][] = [
      [["--suite", "stp"], /^--suite: unknown suite "stp", did you mean step\?\n$/],
      [["--python", "python3"], /^--python requires --peers\n$/],
      [["--peers", "--python", "no-such-python"], /^--python no-such-python: .*no-such-python.*\n$/],
      [
        ["--json", join("no", "such", "folder", "rows.json")],
        /^--json no\/such\/folder\/rows.json: there is no such file or folder\n$/,
      ],
      [["--pears"], /^unknown option '--pears'.*\n$/],
      [["step"], /^too many arguments.*\n$/],
    ];
    for (const [words, message] of refusals) {
      const { status, stdout, stderr } = await captureBench(words);
      expect({ words, status, stdout }).toEqual({ words, status: 2, stdout: "" });
      expect(stderr).toMatch(message);
    }
  });

  for (const wanted of coverMembers(["online", "long", "many", "serve"])) {
    test(`--quick measures the suite ${wanted}, prints a table and writes its rows`, async () => {
      const folder = await makeFolder({});
      const file = join(folder, "rows.json");
      const { status, stdout, stderr } = await captureBench(["--suite", wanted, "--quick", "--json", file]);
      expect({ status, stderr }).toMatchObject({ status: 0 });
      const rows: unknown = JSON.parse(await readFile(file, "utf8"));
      if (!Array.isArray(rows)) throw new TypeError("not a list of rows");
      expect(rows.length).toBeGreaterThan(0);
      for (const { suite, name, ours, peer, ratio } of rows) {
        expect(suite).toBe(wanted);
        expect(stdout).toContain(name);
        for (const figure of [ours, peer, ratio]) expect(Number.isFinite(figure)).toBe(true);
      }
    }, 60_000);
  }

  test("ends with status 130 when it is interrupted", async () => {
    const { status, stderr } = await captureBench(["--suite", "scaling", "--quick"], AbortSignal.abort());
    expect(status).toBe(130);
    expect(stderr).toContain("Interrupted");
  });
});
