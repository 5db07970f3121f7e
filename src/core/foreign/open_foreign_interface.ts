import type { ForeignInterface } from "./foreign_interface.ts";

/**
 * The foreign function interface of the runtime that this is.
 * @throws {Error} If it has none.
 */
export async function openForeignInterface(): Promise<ForeignInterface> {
  if ("Bun" in globalThis) return (await import("./foreign_interface_in_bun.ts")).openInBun();
  if ("Deno" in globalThis) return (await import("./foreign_interface_in_deno.ts")).openInDeno();
  throw new Error("neither Bun nor Deno runs this");
}
