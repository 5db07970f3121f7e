/** The value of `key` in `values`; a new one, which is in it from now on, where there is none. */
export function findOrCreate<Key, Value>(values: Map<Key, Value>, key: Key, create: () => Value): Value {
  const known = values.get(key);
  if (known !== undefined) return known;
  const value = create();
  values.set(key, value);
  return value;
}
