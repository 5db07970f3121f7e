import { describe, expect, test } from "bun:test";
import { existsSync, readdirSync } from "node:fs";
import { listMethods } from "../../src/methods/methods.ts";

const ROOMS = new URL("../../src/methods/", import.meta.url);
const methods = [...new Set([...listMethods("strategy"), ...listMethods("plugin")])];

/** The names of the methods that the rooms describe. */
async function listDescribed(): Promise<string[]> {
  const names: string[] = [];
  for (const room of readdirSync(ROOMS)) {
    const file = new URL(`${room}/options.ts`, ROOMS);
    if (!existsSync(file)) continue;
    const module: Record<string, unknown> = await import(file.href);
    for (const value of Object.values(module)) {
      if (typeof value === "object" && value !== null && "summary" in value && "name" in value) {
        names.push(String(value.name));
      }
    }
  }
  return names.sort();
}

describe("listMethods()", () => {
  test("has every method that a room of src/methods describes, once, naive first", async () => {
    expect(methods.map(({ name }) => name).sort()).toEqual(await listDescribed());
    expect(listMethods("strategy")[0]?.name).toBe("naive");
  });

  test("loads a class for each form that a method declares, and for no other", async () => {
    for (const { name, forms = ["strategy", "plugin"], load } of methods) {
      const { strategy, plugin } = await load();
      const loaded = { strategy: typeof strategy === "function", plugin: typeof plugin === "function" };
      const declared = { strategy: forms.includes("strategy"), plugin: forms.includes("plugin") };
      expect({ name, ...loaded }).toEqual({ name, ...declared });
    }
  });
});
