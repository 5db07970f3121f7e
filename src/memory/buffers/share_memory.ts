/**
 * How many samples each group may keep of `maxSize` in all: equal shares, the remainder one each to the first groups,
 * and what a group of few samples leaves unused goes to the others. A share never exceeds the group's `seen`.
 *
 * As samples and groups only ever come in, the share of a group that had to drop samples never rises again. So a
 * reservoir cut to its share stays an exactly uniform sample of its group.
 */
export function shareMemory(seen: readonly number[], maxSize: number): number[] {
  const { level, remainder } = findLevel(seen, maxSize);
  let left = remainder;
  return seen.map((count) => {
    if (count <= level) return count;
    if (left === 0) return level;
    left -= 1;
    return level + 1;
  });
}

/** The highest level at which the sum of min(seen, level) fits into `maxSize`, and what then remains. */
function findLevel(seen: readonly number[], maxSize: number): { level: number; remainder: number } {
  let room = maxSize;
  let groups = seen.length;
  for (const count of seen.toSorted((a, b) => a - b)) {
    if (count * groups > room) return { level: Math.floor(room / groups), remainder: room % groups };
    room -= count;
    groups -= 1;
  }
  return { level: Number.POSITIVE_INFINITY, remainder: 0 };
}

/** `total` in `parts` whole numbers that differ by one at most, larger ones first. */
export function splitEvenly(total: number, parts: number): number[] {
  const share = Math.floor(total / parts);
  return Array.from({ length: parts }, (_, index) => share + (index < total % parts ? 1 : 0));
}
