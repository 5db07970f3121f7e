import { isDeepStrictEqual } from "node:util";

/** A key under which two configurations have different values, as they come back from JSON. */
export interface Difference {
  readonly key: string;
  /** Undefined where the key is missing. */
  readonly before: unknown;
  readonly now: unknown;
}

/**
 * Where two configurations differ, key by key and however deep their values are. Both are compared as config.json has
 * them: what JSON leaves out is no difference, and neither is the order of keys within a value.
 * @returns In the order of `before`, and then of what `now` has more; empty where they are the same.
 */
export function listDifferences(before: unknown, now: unknown): Difference[] {
  const [a, b] = [toPlain(before), toPlain(now)];
  return [...new Set([...Object.keys(a), ...Object.keys(b)])]
    .filter((key) => !isDeepStrictEqual(a[key], b[key]))
    .map((key) => ({ key, before: a[key], now: b[key] }));
}

function toPlain(config: unknown): Readonly<Record<string, unknown>> {
  return Object.fromEntries(Object.entries(JSON.parse(JSON.stringify(config ?? {}))));
}
