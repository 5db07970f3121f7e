import { isBuilt } from "../../core/package_module.ts";

/** How to type a command, in the runtime at hand or by the installed package's name. */
export function nameCommand(name: string): string {
  if (isBuilt(import.meta.url)) return `npx firn ${name}`;
  return "Deno" in globalThis ? `deno task ${name}` : `bun run ${name}`;
}
