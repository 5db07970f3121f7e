import { describe, expect, test } from "bun:test";
import denoConfig from "../../deno.json" with { type: "json" };
import manifest from "../../package.json" with { type: "json" };
import { readFilesBeside } from "./source_text.ts";

type Names = Readonly<Record<string, string>>;

/** The files that users import: "firn" itself (mod.ts), and its parts. */
const entries = readFilesBeside("src/", [".ts"]).map(({ path }) => path.replace(/\.ts$/, ""));
const parts = entries.filter((name) => name !== "mod");
/** Words to declare things with, too short to stand in "firn" beside everything else. */
const VOCABULARIES = ["options", "state"];

describe("the files of src that users import", () => {
  test("are what package.json exports, built", () => {
    const expected = Object.fromEntries(parts.map((name) => [`./${name}`, `./dist/src/${name}.js`]));
    const { ".": whole, "./package.json": own, ...others }: Names = manifest.exports;
    expect({ whole, own }).toEqual({ whole: "./dist/src/mod.js", own: "./package.json" });
    expect(others).toEqual(expected);
  });

  test("have their names in deno.json, so that a clone imports them likewise", () => {
    const { "bun:test": _, ...names }: Names = denoConfig.imports;
    const expected = Object.fromEntries(parts.map((name) => [`firn/${name}`, `./src/${name}.ts`]));
    expect(names).toEqual({ firn: "./src/mod.ts", ...expected });
  });

  test("are in mod.ts, but for vocabularies", () => {
    const [mod] = readFilesBeside("src/", ["mod.ts"]);
    const exported = [...(mod?.text ?? "").matchAll(/^export \* from "\.\/(\w+)\.ts";$/gm)].map(([, name]) => name);
    expect(exported.sort()).toEqual(parts.filter((name) => !VOCABULARIES.includes(name)).sort());
  });
});
