import { lstatSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { declareState, number } from "../../../core/state/state.ts";
import type { Metric } from "../metric.ts";

/** How much is in some folders or files, in KiB, when it was last looked; 0 before that. Links are not followed. */
export class DiskUsage implements Metric<number> {
  readonly #listPaths: () => readonly string[];
  readonly #state = declareState("a disk usage", { kib: number() });
  readonly save = this.#state.save;
  readonly restore = this.#state.restore;
  readonly reset = this.#state.reset;

  /** @param listPaths Names the folders and files, each time that it is looked. */
  constructor(listPaths: () => readonly string[]) {
    this.#listPaths = listPaths;
  }

  /** Looks. What is not there, or vanishes meanwhile, counts nothing. */
  update(): void {
    this.#state.kib = this.#listPaths().reduce((bytes, path) => bytes + measureBytes(path), 0) / 1024;
  }

  result(): number {
    return this.#state.kib;
  }
}

function measureBytes(path: string): number {
  const entry = lstatSync(path, { throwIfNoEntry: false });
  if (!entry) return 0;
  if (!entry.isDirectory()) return entry.size;
  return readNames(path).reduce((bytes, name) => bytes + measureBytes(join(path, name)), 0);
}

function readNames(folder: string): string[] {
  try {
    return readdirSync(folder);
  } catch {
    return [];
  }
}
