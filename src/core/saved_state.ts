import { needs, TypeRefusal } from "./errors/errors.ts";

/**
 * What parts of a run save of themselves: plain data and typed arrays, nested as they like. It survives a checkpoint
 * file; NaN and infinities may stand in typed arrays alone.
 */
export type SavedState =
  | null
  | boolean
  | number
  | string
  | Float32Array
  | Float64Array
  | Int32Array
  | Uint8Array
  | readonly SavedState[]
  | { readonly [key: string]: SavedState };

/** @throws {TypeError} If the saved value is not a record. */
export function parseSavedRecord(act: string, saved: SavedState | undefined): Readonly<Record<string, SavedState>> {
  const isRecord = typeof saved === "object" && saved !== null && !Array.isArray(saved) && !ArrayBuffer.isView(saved);
  if (!isRecord) throw new TypeRefusal(needs(act, "a record", saved));
  return saved as Readonly<Record<string, SavedState>>;
}

/** @throws {TypeError} If the saved value is not a float32 vector. */
export function parseSavedVector(act: string, saved: SavedState | undefined): Float32Array {
  if (saved instanceof Float32Array) return saved;
  throw new TypeRefusal(needs(act, "a float32 vector", saved));
}

/** @throws {TypeError} If the saved value is not a number. */
export function parseSavedNumber(act: string, saved: SavedState | undefined): number {
  if (typeof saved === "number") return saved;
  throw new TypeRefusal(needs(act, "a number", saved));
}

/** How many of something there are. @throws {TypeError} If the saved value is no whole number from 0 on. */
export function parseSavedCount(act: string, saved: SavedState | undefined): number {
  const value = parseSavedNumber(act, saved);
  if (Number.isSafeInteger(value) && value >= 0) return value;
  throw new TypeRefusal(needs(act, "a count", saved));
}

/** @throws {TypeError} If the saved value is not a list. */
export function parseSavedList(act: string, saved: SavedState | undefined): readonly SavedState[] {
  if (Array.isArray(saved)) return saved;
  throw new TypeRefusal(needs(act, "a list", saved));
}
