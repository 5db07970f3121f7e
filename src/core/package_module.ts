/** What the address of a built module ends with; that of a source ends with ".ts". */
const BUILT = ".js";

/** Whether the module with this address (`import.meta.url`) is of the built package, not of a clone. */
export function isBuilt(from: string): boolean {
  return from.endsWith(BUILT);
}

/**
 * Address of a module that is started on its own, as a Worker or a program. Imports need none of this.
 * @param source Where its source is, relative to the module that asks: "../../workers/replica.ts".
 * @param from Address of the module that asks: `import.meta.url`.
 */
export function resolveModule(source: string, from: string): URL {
  return new URL(isBuilt(from) ? source.replace(/\.ts$/, BUILT) : source, from);
}
