import { describe, expect, test } from "bun:test";
import { findBrokenLinks } from "./page_links.ts";
import { readFilesBeside, readProjectFiles } from "./source_text.ts";

const pages = [...readFilesBeside("./", [".md"]), ...readProjectFiles(["docs", "examples"], [".md"])];
const inDocs = (text: string) => findBrokenLinks({ path: "docs/made_up.md", text }, pages);

describe("pages", () => {
  test("link and name only what exists", () => {
    expect(pages.flatMap((page) => findBrokenLinks(page, pages).map((what) => `${page.path}:${what}`))).toEqual([]);
  });
});

describe("docs/decisions/README.md", () => {
  test("lists every record", () => {
    const records = pages.filter(({ path }) => /^docs\/decisions\/\d{4}-/.test(path));
    const list = pages.find(({ path }) => path === "docs/decisions/README.md")?.text ?? "";
    expect(records.length).toBeGreaterThan(10);
    expect(records.filter(({ path }) => !list.includes(`(${path.slice("docs/decisions/".length)})`))).toEqual([]);
  });
});

describe("findBrokenLinks()", () => {
  test("finds links to files and headings that do not exist", () => {
    expect(inDocs("a\n[b](none.md) [c](../README.md)")).toEqual(["2: none.md"]);
    expect(inDocs("[a](../CONTRIBUTING.md#no-such-rules)")).toEqual(["1: ../CONTRIBUTING.md#no-such-rules"]);
    expect(inDocs("[a](../CONTRIBUTING.md#house-rules) [b](https://example.org/none)")).toEqual([]);
    expect(inDocs("[a](#none)")).toEqual(["1: #none"]);
  });

  test("finds paths of this project that do not exist", () => {
    expect(inDocs("in `src/none.ts` and `src/mod.ts`")).toEqual(["1: src/none.ts"]);
    expect(inDocs("```sh\nbun scripts/none.ts\n```")).toEqual(["2: scripts/none.ts"]);
    expect(inDocs("`src/methods/<name>/` and `src/*/nothing_*.ts`")).toEqual(["1: src/*/nothing_*.ts"]);
    expect(inDocs("src/none.ts in a sentence, `runs/src/x`")).toEqual([]);
  });
});
