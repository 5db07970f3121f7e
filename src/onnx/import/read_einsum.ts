import { needs, RangeRefusal } from "../../core/errors/errors.ts";

/** A contraction of two operands, its letters by what becomes of them. */
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
 * Reads "bhid,bhjd->bhij". @throws {RangeError} If it is another kind of equation: a letter twice in an operand, or one
 * of the result that is in none.
 */
export function readEinsum(equation: string): Einsum {
  const [operands = "", result] = equation.replaceAll(" ", "").split("->");
  const [a = [], b, ...others] = operands.split(",").map((letters) => [...letters]);
  const y = [...(result ?? "")];
  const isPlain = (letters: readonly string[]) => new Set(letters).size === letters.length && !letters.includes(".");
  const wanted = "two operands of different letters and a result of letters in them";
  if (result === undefined || b === undefined || others.length > 0 || ![a, b, y].every(isPlain)) {
    throw new RangeRefusal(needs("Einsum", wanted, equation));
  }
  const shared = y.filter((letter) => a.includes(letter) && b.includes(letter));
  const contracted = a.filter((letter) => b.includes(letter) && !y.includes(letter));
  const onlyA = a.filter((letter) => !b.includes(letter) && y.includes(letter));
  const onlyB = b.filter((letter) => !a.includes(letter) && y.includes(letter));
  const alone = [...a, ...b].filter((letter) => a.includes(letter) !== b.includes(letter) && !y.includes(letter));
  if (shared.length + onlyA.length + onlyB.length === y.length) {
    return { a, b, y, shared, contracted, onlyA, onlyB, alone };
  }
  throw new RangeRefusal(needs("Einsum", wanted, equation));
}
