import { describe, expect, test } from "bun:test";
import { execFile } from "node:child_process";
import process from "node:process";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import * as whole from "@tensorflow/tfjs";
import * as parts from "../../../src/engine/tfjs/tensorflow.ts";

const PROGRAM = fileURLToPath(new URL("./tensor_methods_program.ts", import.meta.url));
const RUNTIME_WORDS = process.versions.deno ? ["run", "--allow-all", "--no-check", PROGRAM] : [PROGRAM];

describe("what models are made of", () => {
  test("is what @tensorflow/tfjs gives under the same names, classes and functions included", () => {
    const own: Readonly<Record<string, unknown>> = parts;
    const theirs: Readonly<Record<string, unknown>> = whole;
    const names = Object.keys(own).filter((name) => name !== "version" && name !== "default");
    expect(names.filter((name) => own[name] !== theirs[name])).toEqual([]);
    expect(names).toEqual(expect.arrayContaining(["Tensor", "LayersModel", "layers", "serialization"]));
  });

  test("has all methods of tensors, whoever asks for them", async () => {
    const { stdout } = await promisify(execFile)(process.execPath, RUNTIME_WORDS);
    expect(JSON.parse(stdout)).toEqual({ shape: [null, 2], sum: [4, 6], unknown: [] });
  });
});
