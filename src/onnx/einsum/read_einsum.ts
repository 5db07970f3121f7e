import { needs, RangeRefusal } from "../../core/errors/errors.ts";

/** A contraction of one or two operands, its letters by what becomes of them. */
export interface Einsum {
  readonly a: readonly string[];
  readonly b: readonly string[];
  readonly y: readonly string[];
  /** In both operands and in the result. */
  readonly shared: readonly string[];
  /** In both operands and summed over. */
  readonly contracted: readonly string[];
  readonly onlyA: readonly string[];
  readonly onlyB: readonly string[];
  /** In one operand alone and summed over. */
  readonly alone: readonly string[];
}

/**
 * Reads "bhid,bhjd->bhij", or "bij->bji" of one operand.
 * @param ranks How many axes each operand has, which "..." needs.
 * @throws {RangeError} If it is another kind of equation: a letter twice in an operand, or one of the result that is in
 * none.
 */
export function readEinsum(equation: string, ranks: readonly number[] = []): Einsum {
  const [operands = "", result] = equation.replaceAll(" ", "").split("->");
  const given = operands.split(",");
  const wanted = "one or two operands of different letters and a result of letters in them";
  const refusal = new RangeRefusal(needs("Einsum", wanted, equation));
  if (result === undefined || given.length > 2) throw refusal;
  // The axes that "..." stands for get letters of their own; a rank that is missing has none.
  const hidden = given.map((letters, i) => Math.max(0, (ranks[i] ?? letters.length) - (letters.length - DOTS.length)));
  const most = Math.max(...hidden.map((count, i) => (given[i]?.includes(DOTS) ? count : 0)));
  const spell = (letters: string, count: number) => {
    const [before = "", behind = ""] = letters.split(DOTS);
    if (!letters.includes(DOTS)) return [...letters];
    return [...before, ...Array.from({ length: count }, (_, i) => `.${most - count + i}`), ...behind];
  };
  const [a = [], b = []] = given.map((letters, i) => spell(letters, hidden[i] ?? 0));
  const y = spell(result, most);
  const isPlain = (letters: readonly string[]) => new Set(letters).size === letters.length && !letters.includes(".");
  if (![a, b, y].every(isPlain)) throw refusal;
  const shared = y.filter((letter) => a.includes(letter) && b.includes(letter));
  const contracted = a.filter((letter) => b.includes(letter) && !y.includes(letter));
  const onlyA = a.filter((letter) => !b.includes(letter) && y.includes(letter));
  const onlyB = b.filter((letter) => !a.includes(letter) && y.includes(letter));
  const alone = [...a, ...b].filter((letter) => a.includes(letter) !== b.includes(letter) && !y.includes(letter));
  if (shared.length + onlyA.length + onlyB.length === y.length) {
    return { a, b, y, shared, contracted, onlyA, onlyB, alone };
  }
  throw refusal;
}

const DOTS = "...";
