import { describe, expect, test } from "bun:test";
import { readFileSync } from "node:fs";
import { type Entry, formatApiPage, listTypeNames, PARTS, takeFirstSentence } from "../../../scripts/docs/api_page.ts";

const readText = (path: string) => readFileSync(new URL(`../../../${path}`, import.meta.url), "utf8");

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

describe("formatApiPage()", () => {
  test("shows values in a table and types in a line, and how to import them", () => {
    const entries: Entry[] = [
      { name: "Mean", isType: false, sentence: "A mean | of CWR* `a|b * c`." },
      { name: "Metric", isType: true, sentence: "A metric." },
    ];
    const page = formatApiPage(new Map([["metrics", entries]]));
    expect(page).toContain('import { Mean } from "firn/metrics"; // or from "firn"');
    expect(page).toContain("| `Mean` | A mean \\| of CWR\\* `a\\|b * c`. |");
    expect(page).toContain("Types: `Metric`.");
    expect(listDescribed(page, "metrics")).toEqual(["Mean", "Metric"]);
  });
});

describe("listTypeNames()", () => {
  test("finds types in both kinds of lists", () => {
    const text = 'export type { A, B as C } from "./a.ts";\nexport {\n  d,\n  type E,\n  typeOf,\n} from "./b.ts";\n';
    expect([...listTypeNames(text)]).toEqual(["A", "C", "E"]);
  });
});

describe("takeFirstSentence()", () => {
  test("takes one sentence from several lines", () => {
    expect(takeFirstSentence("Trains on\n all of it. Then more.\n\nAnother paragraph.")).toBe("Trains on all of it.");
    expect(takeFirstSentence("Adam (Kingma et al. 2015) here. More.")).toBe("Adam (Kingma et al. 2015) here.");
    expect(takeFirstSentence("Shows {@link Mean}: one.\nTwo.")).toBe("Shows `Mean`: one.");
    expect(takeFirstSentence("Shows a program:\n\nx")).toBe("Shows a program.");
    expect(takeFirstSentence("No end")).toBe("No end");
  });

  test("takes two where the first is a name alone", () => {
    expect(takeFirstSentence("AR1. A head that is consolidated. More.")).toBe("AR1. A head that is consolidated.");
  });
});
