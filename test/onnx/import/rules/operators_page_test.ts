import { describe, expect, test } from "bun:test";
import { readFileSync } from "node:fs";
import { IMPORT_RULES } from "../../../../src/onnx/import/rules/import_rules.ts";
import { STATIC_OPERATORS } from "../../../../src/onnx/import/static/static_operators.ts";

/** What is taken away when a file is read. */
const REMOVED = ["Constant", "Dropout"];

describe("docs/models.md", () => {
  test("lists the operators that can be read", () => {
    const page = readFileSync(new URL("../../../../docs/models.md", import.meta.url), "utf8");
    const [, list = ""] = /### Operators[^`]*```text\n([^`]*)```/.exec(page) ?? [];
    const known = new Set([...Object.keys(IMPORT_RULES), ...STATIC_OPERATORS, ...REMOVED]);
    expect(list.trim().split(/\s+/)).toEqual([...known].sort());
  });
});
