/**
 * The element at an index that must be there.
 * @throws {RangeError} If it is not: a defect of the caller, and no refusal.
 */
export function elementAt<Element>(array: ArrayLike<Element>, index: number): Element {
  const element = array[index];
  if (element === undefined) throw new RangeError(`No element ${index} in an array of ${array.length}`);
  return element;
}
