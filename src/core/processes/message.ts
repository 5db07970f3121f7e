import { isSharedView, type SharedPart, type SharedView } from "./shared_part.ts";

/** Marks what stands in the place of shared memory. */
const MARK = "firn:shared";

/**
 * A copy of plain data, with descriptions in the place of shared memory: what remains can be cloned to another process.
 * @param describe Gives the description of a memory or view.
 */
export function packMessage(value: unknown, describe: (part: SharedView | WebAssembly.Memory) => SharedPart): unknown {
  return mapParts(value, (part) =>
    isSharedView(part) || part instanceof WebAssembly.Memory ? { [MARK]: describe(part) } : undefined,
  );
}

/**
 * The data that was packed, on the memory of this process.
 * @param attach Gives the memory or view that was described.
 */
export function unpackMessage(value: unknown, attach: (part: SharedPart) => SharedView | WebAssembly.Memory): unknown {
  return mapParts(value, (part) => (isMarked(part) ? attach(part[MARK]) : undefined));
}

/** Replaces parts for which `replace` gives something, in arrays, plain objects and maps. */
function mapParts(value: unknown, replace: (part: object) => object | undefined): unknown {
  if (typeof value !== "object" || value === null) return value;
  const replaced = replace(value);
  if (replaced) return replaced;
  if (Array.isArray(value)) return value.map((element) => mapParts(element, replace));
  if (value instanceof Map) return new Map([...value].map(([key, element]) => [key, mapParts(element, replace)]));
  if (!isPlain(value)) return value;
  return Object.fromEntries(Object.entries(value).map(([key, element]) => [key, mapParts(element, replace)]));
}

function isPlain(value: object): boolean {
  const prototype: unknown = Object.getPrototypeOf(value);
  return prototype === Object.prototype || prototype === null;
}

function isMarked(value: object): value is { readonly [MARK]: SharedPart } {
  return MARK in value;
}
