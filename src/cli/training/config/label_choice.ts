import { basename, isAbsolute } from "node:path";
import type { NamedChoice } from "../../../runs/run_config.ts";
import { formatNamed } from "../../options/parse_named.ts";

/** Options that name files and folders. */
const PATHS = ["path", "testPath", "more"];

/**
 * What a choice is called in an exported file. Whoever gets the file learns what folders and programs are called, and
 * not where they lie on the machine that trained it.
 * @example labelChoice({ name: "directory", options: { path: "/data/months" } }) // "directory:path=months"
 */
export function labelChoice({ name, options }: NamedChoice): string {
  const entries = Object.entries(options).map(([key, value]) => [key, shorten(value, PATHS.includes(key))]);
  return formatNamed({ name, options: Object.fromEntries(entries) });
}

function shorten(value: unknown, isPath: boolean): unknown {
  if (Array.isArray(value)) return value.map((item) => shorten(item, isPath));
  return typeof value === "string" && (isPath || isAbsolute(value)) ? basename(value) : value;
}
