import { cp, rm } from "node:fs/promises";
import { join } from "node:path";
import type { StrategyPlugin } from "../../src/training/loop/strategy_plugin.ts";
import { makeFolder } from "../support/made_idx.ts";

/**
 * Where a run is to be made, and copies of its folder from moments of it: what is left where a process is killed then.
 */
export interface CopiedRun {
  readonly directory: string;
  /** In the order in which they were made. */
  readonly copies: readonly string[];
  /** Makes a copy at each of its callbacks. */
  readonly copier: StrategyPlugin;
}

/** Prepares a run whose folder is copied at each of these callbacks, less the metrics that were not written then. */
export async function prepareCopies(callbacks: readonly (keyof StrategyPlugin)[]): Promise<CopiedRun> {
  const folder = await makeFolder({});
  const directory = join(folder, "whole");
  const copies: string[] = [];
  const copy = async () => {
    const path = join(folder, `copy-${copies.length}`);
    copies.push(path);
    await cp(directory, path, { recursive: true });
    await rm(join(path, "run.lock"));
  };
  return { directory, copies, copier: Object.fromEntries(callbacks.map((callback) => [callback, copy])) };
}
