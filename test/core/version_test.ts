import { describe, expect, test } from "bun:test";
import { readFileSync } from "node:fs";
import { VERSION } from "../../src/core/version.ts";

describe("VERSION", () => {
  test("is the package's", () => {
    const manifest: unknown = JSON.parse(readFileSync(new URL("../../package.json", import.meta.url), "utf8"));
    expect(manifest).toMatchObject({ version: VERSION });
  });
});
