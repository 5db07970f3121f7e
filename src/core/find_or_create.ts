/** A map, as far as a value is looked up and kept in it; a WeakMap is one. */
interface Lookup<Key, Value> {
  get(key: Key): Value | undefined;
  set(key: Key, value: Value): unknown;
}

/** The value of `key` in `values`; a new one, which is in it from now on, where there is none. */
export function findOrCreate<Key, Value>(values: Lookup<Key, Value>, key: Key, create: () => Value): Value {
  const known = values.get(key);
  if (known !== undefined) return known;
  const value = create();
  values.set(key, value);
  return value;
}
