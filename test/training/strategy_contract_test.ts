import { describe, expect, test } from "bun:test";
import { readdirSync } from "node:fs";
import * as firn from "../../src/mod.ts";
import { CONTRACT_MEMBERS } from "./contract_members.ts";
import { describeStrategyContract } from "./strategy_contract.ts";

for (const [name, { create, ...options }] of Object.entries(CONTRACT_MEMBERS)) {
  describeStrategyContract(name, create, options);
}

/** The classes that the files of src/training/strategies and plugins export, by name. */
async function listExportedClasses(): Promise<string[]> {
  const names: string[] = [];
  for (const folder of ["strategies", "plugins"]) {
    const url = new URL(`../../src/training/${folder}/`, import.meta.url);
    for (const file of readdirSync(url)) {
      const module: Record<string, unknown> = await import(new URL(file, url).href);
      for (const [name, value] of Object.entries(module)) if (isClass(value)) names.push(name);
    }
  }
  return names.sort();
}

function isClass(value: unknown): boolean {
  return typeof value === "function" && /^class\b/.test(Function.prototype.toString.call(value));
}

describe("the inventory of strategies and plugins", () => {
  test("every exported class is under contract, and nothing else is", async () => {
    expect(await listExportedClasses()).toEqual(Object.keys(CONTRACT_MEMBERS).sort());
  });

  test("every exported class is part of the public surface", async () => {
    const exported = new Set(Object.keys(firn));
    expect((await listExportedClasses()).filter((name) => !exported.has(name))).toEqual([]);
  });
});
