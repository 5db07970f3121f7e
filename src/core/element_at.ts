/**
 * The element at an index that must be there.
 * @throws {RangeError} If it is not: a defect of the caller, and no refusal.
 */
export function elementAt<Element>(array: ArrayLike<Element>, index: number): Element {
  const element = array[index];
  if (element === undefined) throw new RangeError(`No element ${index} in an array of ${array.length}`);
  return element;
}

/**
 * The value of a key that must be there.
 * @throws {RangeError} If it is not: a defect of the caller, and no refusal.
 */
export function valueAt<Key, Value>(map: ReadonlyMap<Key, Value>, key: Key): Value {
  const value = map.get(key);
  if (value === undefined) throw new RangeError(`No value of ${String(key)} in a map of ${map.size}`);
  return value;
}
