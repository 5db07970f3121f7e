import { describe, expect, test } from "bun:test";
import { readFile } from "node:fs/promises";
import { formatOptionsPage } from "../../../scripts/docs/options_page.ts";
import { listMethods } from "../../../src/methods/methods.ts";

describe("formatOptionsPage()", () => {
  const page = formatOptionsPage();
  const [methods = ""] = page.split("## Benchmarks");

  test("is what docs/options.md holds: write it with `bun run docs`", async () => {
    expect(await readFile(new URL("../../../docs/options.md", import.meta.url), "utf8")).toBe(page);
  });

  test("has each method once, with every option that can be typed, its default and its paper", () => {
    for (const { name } of [...listMethods("strategy"), ...listMethods("plugin")]) {
      expect({ name, headings: methods.split(`### ${name}\n`).length - 1 }).toEqual({ name, headings: 1 });
    }
    expect(page).toContain("| `lambda` | a number of at least 0 | required | weight λ of the penalty |");
    expect(page).toContain("| `mode` | one of separate, online | `separate` |");
    expect(page).toContain("[arXiv:1612.00796](https://arxiv.org/abs/1612.00796). Also a plugin.");
    expect(page).not.toContain("rehearsedTargets");
  });
});
