import process from "node:process";
import { isBuilt } from "../../core/package_module.ts";

/** How to type a command, in the runtime at hand or by the installed package's name. */
export function nameCommand(name: string): string {
  if (isBuilt(import.meta.url)) return `npx firn ${name}`;
  // What npx has found may not be on the user's PATH.
  const npx = process.env.npm_command === "exec" ? "npx " : "";
  return `${npx}${"Deno" in globalThis ? "deno task" : "bun run"} ${name}`;
}
