import { describe, expect, test } from "bun:test";
import { readProjectFiles } from "../project/source_text.ts";

/** Words of JavaScript, and of the page's own examples, that the source need not have. */
const WORDS_OF_OTHERS = new Set(["await", "const", "for", "from", "import", "new", "of", "using", "firn", "cpu"]);

const [page] = readProjectFiles(["docs"], ["from-avalanche.md"]);
const sources = readProjectFiles(["src"], [".ts"])
  .map(({ text }) => text)
  .join("\n");
const known = new Set(sources.match(/[A-Za-z_]\w*/g));

/** The names in `code` of the second column of tables whose second column is Firn's. */
function listNames(text: string): string[] {
  const tables = text.split(/\n\n+/).filter((block) => /^\| Avalanche \| Firn \|/.test(block));
  const cells = tables.flatMap((table) => table.split("\n").slice(2)).map((row) => row.split(" | ")[1] ?? "");
  const code = cells.flatMap((cell) => cell.match(/`[^`]+`/g) ?? []);
  return code.flatMap((span) => span.replace(/"[^"]*"/g, "").match(/[A-Za-z_]\w*/g) ?? []);
}

describe("docs/from-avalanche.md", () => {
  const names = listNames(page?.text ?? "").filter((name) => !WORDS_OF_OTHERS.has(name));

  test("names many things", () => {
    expect(names.length).toBeGreaterThan(150);
  });

  test("names only what the source has", () => {
    expect(names.filter((name) => !known.has(name))).toEqual([]);
  });

  test("listNames() finds a name that does not exist", () => {
    const text = "# Page\n\n| Avalanche | Firn |\n|---|---|\n| `a` | `noSuchThing({ alpha })`, text |\n";
    expect(listNames(text)).toEqual(["noSuchThing", "alpha"]);
    expect(known.has("noSuchThing")).toBe(false);
  });
});
