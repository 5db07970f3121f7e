import { elementAt } from "./element_at.ts";
/**
 * Orders names as people count: "exp2" before "exp10"; what is no number goes by its code units. For `sort`; the same
 * in every runtime and locale.
 */
export function compareNaturally(a: string, b: string): number {
  const [left, right] = [splitNumbers(a), splitNumbers(b)];
  for (let i = 0; i < Math.min(left.length, right.length); i++) {
    const order = compareParts(elementAt(left, i), elementAt(right, i));
    if (order !== 0) return order;
  }
  return left.length - right.length || compareTexts(a, b);
}

function splitNumbers(name: string): string[] {
  return name.match(/\d+|\D+/g) ?? [];
}

function compareParts(a: string, b: string): number {
  const areNumbers = /^\d/.test(a) && /^\d/.test(b);
  if (!areNumbers) return compareTexts(a, b);
  const [left, right] = [BigInt(a), BigInt(b)];
  return left < right ? -1 : left > right ? 1 : 0;
}

function compareTexts(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
