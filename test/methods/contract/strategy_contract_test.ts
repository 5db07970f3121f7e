import { describe, expect, test } from "bun:test";
import { readdirSync } from "node:fs";
import * as firn from "../../../src/mod.ts";
import { coverMembers } from "../../support/cover_members.ts";
import { CONTRACT_MEMBERS, isTwin } from "./contract_members.ts";
import { listGrowingMembers } from "./growing_members.ts";
import { describeStrategyContract } from "./strategy_contract.ts";

/** A penalty, a memory, a changed gradient, and a model that grows. */
const ON_ONE_WORKER = ["EWC", "Replay", "GEM", "PNNStrategy"];

/** Who trains on 0 and 2 workers while its head grows, or is a strategy of such a plugin. */
const growing = new Set(listGrowingMembers().map(([name]) => name.toLowerCase().replace("plugin", "")));

for (const [name, { create, ...options }] of coverMembers(Object.entries(CONTRACT_MEMBERS))) {
  describeStrategyContract(name, create, {
    ...options,
    isTwin: isTwin(name),
    hasOneWorker: ON_ONE_WORKER.includes(name),
    growsOnWorkers: growing.has(name.toLowerCase().replaceAll("_", "").replace("plugin", "")),
  });
}

/** The strategies and plugins that the rooms of src/methods export, by name. */
async function listExportedMethods(): Promise<string[]> {
  const names: string[] = [];
  const url = new URL("../../../src/methods/", import.meta.url);
  for (const file of readdirSync(url, { recursive: true, encoding: "utf8" })) {
    if (!file.endsWith(".ts") || file.startsWith("shared")) continue;
    const module: Record<string, unknown> = await import(new URL(file, url).href);
    for (const [name, value] of Object.entries(module)) if (isMethod(name, value)) names.push(name);
  }
  return names.sort();
}

/** A strategy, or a class that is named as plugins are; not by the alias under which the list of methods loads it. */
function isMethod(name: string, value: unknown): boolean {
  if (typeof value !== "function" || name === "strategy") return false;
  return value.prototype instanceof firn.BaseStrategy || name.endsWith("Plugin");
}

describe("the inventory of strategies and plugins", () => {
  test("every exported class is under contract, and nothing else is", async () => {
    expect(await listExportedMethods()).toEqual(Object.keys(CONTRACT_MEMBERS).sort());
  });

  test("every exported class is part of the public surface", async () => {
    const exported = new Set(Object.keys(firn));
    expect((await listExportedMethods()).filter((name) => !exported.has(name))).toEqual([]);
  });
});
