import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";

/** Frees what nothing refers to, now, in either runtime: tests of memory look at what is left. */
export function collectGarbage(): void {
  if ("Bun" in globalThis) {
    Bun.gc(true);
    return;
  }
  setFlagsFromString("--expose-gc");
  runInNewContext("gc")();
}
