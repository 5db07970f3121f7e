import { describe, expect, test } from "bun:test";
import { readProjectFiles } from "./source_text.ts";
import { listUnusedExports } from "./unused_exports.ts";

describe("listUnusedExports()", () => {
  test("finds functions, classes and constants that no other file names, and nothing else", () => {
    const source = {
      path: "src/a.ts",
      text: [
        "export const A = 1;",
        "export function b(): void {}",
        "export async function* c() {}",
        "export abstract class D {}",
        "export interface E {}",
        "export type F = E;",
        "const g = 1;",
        "export function used(): void {}",
      ].join("\n"),
    };
    const user = { path: "test/a_test.ts", text: 'import { used } from "../src/a.ts"; // A' };
    const found = ["A", "b", "c", "D"].map((name) => `src/a.ts: ${name}`);
    expect(listUnusedExports([source], [user])).toEqual(found);
    expect(listUnusedExports([source], [{ path: "b.ts", text: "A(b, c, D);" }])).toEqual(["src/a.ts: used"]);
  });

  test("finds none in src", () => {
    // What the assembly exports, WebAssembly uses.
    const files = readProjectFiles(["src", "workers"], [".ts"]).filter(({ path }) => !path.includes("/assembly/"));
    const users = readProjectFiles(["scripts", "examples", "test"], [".ts"]);
    expect(listUnusedExports(files, users)).toEqual([]);
  });
});
