import { describe, expect, test } from "bun:test";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { listUnexportedTypes } from "./unexported_types.ts";

describe("listUnexportedTypes()", () => {
  test("finds a type that a signature names and the entry does not export", () => {
    const folder = mkdtempSync(join(tmpdir(), "firn-types-"));
    try {
      writeFileSync(join(folder, "parts.ts"), "export interface Told {}\nexport interface Hidden {}\n");
      const source = 'import type { Hidden, Told } from "./parts.ts";\nexport type { Told } from "./parts.ts";\n';
      writeFileSync(join(folder, "entry.ts"), `${source}export function f(_: Told): Hidden { return {}; }\n`);
      expect(listUnexportedTypes([join(folder, "entry.ts")])).toEqual(["f names Hidden"]);
    } finally {
      rmSync(folder, { recursive: true });
    }
  });

  test("finds none in the public surface", () => {
    expect(listUnexportedTypes(["src/mod.ts", "src/options.ts", "src/state.ts"])).toEqual([]);
  });
});
