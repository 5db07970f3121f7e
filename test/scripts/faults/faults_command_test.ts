import { describe, expect, test } from "bun:test";
import { createFaultsProgram } from "../../../scripts/faults/faults_command.ts";
import { createGpuCheckProgram } from "../../../scripts/gpu_check/gpu_check_command.ts";
import { captureProgram } from "../../support/captured_cli.ts";

const PROGRAMS = [
  ["faults", createFaultsProgram, ["--kills", "--losses", "--processes", "--disks", "--seed"]],
  ["gpu-check", createGpuCheckProgram, ["--any-device", "Exit status"]],
] as const;

for (const [name, create, options] of PROGRAMS) {
  describe(name, () => {
    const run = (words: readonly string[]) => captureProgram((context) => create(context, () => undefined), words);

    test("shows help", async () => {
      const { status, stdout, stderr } = await run(["--help"]);
      expect({ status, stderr }).toEqual({ status: 0, stderr: "" });
      for (const text of [`Usage: ${name} [options]`, ...options]) expect(stdout).toContain(text);
    });

    test("refuses what it does not know in one line", async () => {
      for (const [words, message] of [
        [["--klils", "1"], "unknown option '--klils'"],
        [["x"], "too many arguments"],
      ] as const) {
        const { status, stdout, stderr } = await run(words);
        expect({ status, stdout }).toEqual({ status: 2, stdout: "" });
        expect(stderr).toContain(message);
        expect(stderr).toMatch(/^.+\n$/);
      }
    });
  });
}

describe("faults", () => {
  test("refuses counts that are none", async () => {
    const { status, stderr } = await captureProgram(
      (context) => createFaultsProgram(context, () => undefined),
      ["--kills", "many"],
    );
    expect({ status, stderr }).toEqual({
      status: 2,
      stderr: '--kills must be a whole number of at least 0, got "many"\n',
    });
  });
});
