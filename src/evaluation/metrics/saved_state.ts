import { needs, TypeRefusal } from "../../core/errors/errors.ts";

/**
 * Reads rows of numbers that a metric saved. JSON has no NaN and writes null: both come back as NaN.
 * @throws {TypeError} If `state` is not an array of arrays of numbers.
 */
export function parseRows(act: string, state: unknown): number[][] {
  if (!Array.isArray(state)) throw new TypeRefusal(needs(act, "rows of numbers", state));
  return state.map((row: unknown) => {
    if (!Array.isArray(row)) throw new TypeRefusal(needs(act, "rows of numbers", row));
    return row.map((value: unknown) => parseNumber(act, value));
  });
}

/**
 * Reads pairs of numbers.
 * @throws {TypeError} If `state` holds anything else.
 */
export function parsePairs(act: string, state: unknown): [number, number][] {
  return parseRows(act, state).map((row) => {
    const [first, second] = row;
    if (first === undefined || second === undefined || row.length > 2) {
      throw new TypeRefusal(needs(act, "pairs of numbers", row));
    }
    return [first, second];
  });
}

/**
 * Reads a list of anything.
 * @throws {TypeError} If `state` is none.
 */
export function parseList(act: string, state: unknown): readonly unknown[] {
  if (!Array.isArray(state)) throw new TypeRefusal(needs(act, "a list", state));
  return state;
}

/**
 * Reads an object of values by name.
 * @throws {TypeError} If `state` is none.
 */
export function parseRecord(act: string, state: unknown): Readonly<Record<string, unknown>> {
  if (typeof state !== "object" || state === null || Array.isArray(state)) {
    throw new TypeRefusal(needs(act, "an object of saved values by name", state));
  }
  return Object.fromEntries(Object.entries(state));
}

/**
 * Reads a number, or null where there was none yet.
 * @throws {TypeError} If `state` is something else.
 */
export function parseOptionalNumber(act: string, state: unknown): number | null {
  return state === null ? null : parseNumber(act, state);
}

function parseNumber(act: string, value: unknown): number {
  if (value === null) return Number.NaN;
  if (typeof value !== "number") throw new TypeRefusal(needs(act, "a number", value));
  return value;
}
