import { describe, expect, test } from "bun:test";
import { readFile } from "node:fs/promises";
import { Command } from "commander";
import { z } from "zod";
import { refuse, refuseAsTyped } from "../../src/cli/cli_error.ts";
import { RangeRefusal, RefusalError, SyntaxRefusal, TypeRefusal } from "../../src/core/errors/errors.ts";
import { LostCheckpointsError, StorageError } from "../../src/runs/storage_error.ts";
import { captureProgram } from "../support/captured_cli.ts";

/** A program that does one thing, before a run (prepared) or in it. */
function run(act: () => unknown, isPrepared: boolean) {
  const create = () =>
    new Command("made").exitOverride().action(async () => {
      await (isPrepared ? refuse(async () => act()) : act());
    });
  return captureProgram(create, []);
}

const EXPECTED: readonly (readonly [act: () => unknown, line: string])[] = [
  [() => raise(new RefusalError("no such call now")), "no such call now"],
  [() => raise(new RangeRefusal("momentum must be at least 0, got -1")), "momentum must be at least 0, got -1"],
  [() => raise(new TypeRefusal("no")), "no"],
  [() => raise(new SyntaxRefusal("a.png: truncated PNG")), "a.png: truncated PNG"],
  [() => raise(new StorageError("Cannot write x: there is no space left")), "Cannot write x: there is no space left"],
  [() => readFile("no/such/file"), "no/such/file: there is no such file or folder"],
  [() => readFile(`${"x".repeat(300)}/y`), `${"x".repeat(300)}/y: the name is too long`],
  [() => raise(new RefusalError("a\nb\u001b[2J: no")), "a b\\u001b[2J: no"],
];

/** Errors of the engine, of libraries and of our own that only look like refusals. */
const DEFECTS: readonly (readonly [act: () => unknown, text: string])[] = [
  [() => JSON.parse("null").momentum, "TypeError"],
  [() => raise(new TypeError("Cannot read properties of undefined (reading 'x')")), "Cannot read properties"],
  [() => raise(new RangeError("SGD needs momentum")), "SGD needs momentum"],
  [() => new Array(-1), "RangeError"],
  [() => raise(new Error("[ShapeInferenceError] Mismatch")), "[ShapeInferenceError]"],
];

function raise(error: Error): never {
  throw error;
}

describe("refuse() and runProgram()", () => {
  for (const [act, line] of EXPECTED) {
    test(`say in one line, with status 2 before a run and 1 in it: ${JSON.stringify(line.slice(0, 40))}`, async () => {
      expect(await run(act, true)).toEqual({ status: 2, stdout: "", stderr: `${line}\n` });
      expect(await run(act, false)).toEqual({ status: 1, stdout: "", stderr: `${line}\n` });
    });
  }

  for (const [act, text] of DEFECTS) {
    test(`show a defect with its stack and status 1, wherever it happens: ${text}`, async () => {
      for (const isPrepared of [true, false]) {
        const { status, stderr } = await run(act, isPrepared);
        expect(status).toBe(1);
        expect(stderr).toContain(text);
        expect(stderr).toMatch(/\n\s+at .*cli_error_test/);
      }
    });
  }

  test("show what zod refuses as a defect, where nobody foresaw it", async () => {
    for (const isPrepared of [true, false]) {
      const { status, stderr } = await run(() => z.strictObject({ a: z.number() }).parse({ a: "x" }), isPrepared);
      expect(status).toBe(1);
      expect(stderr).toContain("expected number");
    }
  });

  test("say in one line, with status 1, that no checkpoint is whole", async () => {
    const lost = () => raise(new LostCheckpointsError("Cannot resume x: none of its checkpoints is whole"));
    for (const isPrepared of [true, false]) expect((await run(lost, isPrepared)).status).toBe(1);
  });
});

describe("refuseAsTyped()", () => {
  test("lets a defect pass, and turns a refusal into what was typed wrong", () => {
    expect(() => refuseAsTyped(() => JSON.parse("null").x)).toThrow(TypeError);
    expect(() => refuseAsTyped(() => raise(new RangeRefusal("no")))).toThrow("no");
    expect(refuseAsTyped(() => 3)).toBe(3);
  });
});
