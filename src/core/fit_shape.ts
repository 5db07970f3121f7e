/**
 * The shape under which samples of one shape are those of another: the same values in the same order, as axes of length
 * 1 at the end come and go. Images of one channel are tables of numbers, and a row of numbers is a sequence of them.
 * @param wanted null stands for any length.
 * @returns Undefined where they are other samples.
 */
export function fitShape(shape: readonly number[], wanted: readonly (number | null)[]): readonly number[] | undefined {
  const common = Math.min(shape.length, wanted.length);
  if (shape.slice(common).some((length) => length !== 1)) return undefined;
  const fitted = wanted.map((_, axis) => shape[axis] ?? 1);
  return wanted.every((length, axis) => length === null || length === fitted[axis]) ? fitted : undefined;
}
