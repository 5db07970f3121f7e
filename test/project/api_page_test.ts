import { describe, expect, test } from "bun:test";
import { readFileSync } from "node:fs";
import { PARTS } from "../../scripts/docs/api_page.ts";

const readText = (path: string) => readFileSync(new URL(`../../${path}`, import.meta.url), "utf8");

/** What src/NAME.ts exports. */
function listExports(name: string): string[] {
  const lists = [...readText(`src/${name}.ts`).matchAll(/^export (?:type )?\{([^}]*)\}/gm)];
  return lists.flatMap(({ 1: list = "" }) => list.split(",")).flatMap((word) => /(\w+)\s*$/.exec(word)?.[1] ?? []);
}

/** What a part of the page lists. */
function listDescribed(page: string, name: string): string[] {
  const [, after = ""] = page.split(`from "firn/${name}";`);
  const [part = ""] = after.split("\n## ");
  const rows = [...part.matchAll(/^\| `(\w+)` \|/gm)].map(({ 1: word = "" }) => word);
  const [, types = ""] = /^Types: (.*)\.$/m.exec(part) ?? [];
  return [...rows, ...[...types.matchAll(/`(\w+)`/g)].map(({ 1: word = "" }) => word)];
}

describe("docs/api.md", () => {
  const page = readText("docs/api.md");

  test("has a part for each file beside src/mod.ts that package.json exports", () => {
    const { exports }: { exports: Record<string, unknown> } = JSON.parse(readText("package.json"));
    const names = Object.keys(exports).flatMap((path) => /^\.\/(\w+)$/.exec(path)?.[1] ?? []);
    expect(PARTS.map(({ name }) => name).sort()).toEqual(names.sort());
  });

  for (const { name } of PARTS) {
    test(`lists what src/${name}.ts exports; npm run docs writes it`, () => {
      expect(listDescribed(page, name).sort()).toEqual(listExports(name).sort());
    });
  }
});
