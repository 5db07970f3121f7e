import { needs, RangeRefusal } from "../../../core/errors/errors.ts";
import type { Dimension } from "../../file/onnx_model.ts";

/** Operators on two numbers, of which either may be a multiple of the number of rows. */
export type BinaryOperator =
  | "Add"
  | "And"
  | "Div"
  | "Equal"
  | "Greater"
  | "GreaterOrEqual"
  | "Less"
  | "LessOrEqual"
  | "Max"
  | "Min"
  | "Mod"
  | "Mul"
  | "Or"
  | "Pow"
  | "Sub";

/** How many times the number of rows a length is; the number itself where it is one. */
export function coefficientOf(value: Dimension): number {
  if (typeof value === "number") return value;
  return value === "N" ? 1 : Number(value.slice(2));
}

/** `factor` times the number of rows. */
function timesRows(factor: number): Dimension {
  return factor === 1 ? "N" : `N*${factor}`;
}

/**
 * One operator on two numbers. Whole numbers are divided as ONNX does, towards 0.
 * @throws {RangeError} If the result is no number and no multiple of the number of rows.
 */
export function combine(op: BinaryOperator, a: Dimension, b: Dimension, isFloat: boolean): Dimension {
  if (typeof a === "number" && typeof b === "number") return combineNumbers(op, { a, b, isFloat });
  const [left, right] = [coefficientOf(a), coefficientOf(b)];
  const areBoth = typeof a !== "number" && typeof b !== "number";
  switch (op) {
    case "Add":
    case "Sub":
      if (right === 0 && typeof b === "number") return a;
      if (left === 0 && typeof a === "number" && op === "Add") return b;
      if (!areBoth) break;
      return toMultiple(op === "Add" ? left + right : left - right);
    case "Mul":
      if (areBoth) break;
      return toMultiple(left * right);
    case "Div":
      if (typeof a === "number") break;
      if (areBoth && left % right === 0) return left / right;
      if (!areBoth && (left % right === 0 || isFloat)) return toMultiple(left / right);
      break;
    case "Mod":
      if (left % right === 0 && typeof a !== "number") return 0;
      break;
    case "Equal":
      return a === b ? 1 : 0;
    // A number of rows is at least 1; what is compared with it in networks is 0, 1 or −1.
    case "Greater":
      if (typeof b === "number" && b < 1) return 1;
      break;
    case "Max":
      if (typeof b === "number" && b <= 1) return a;
      if (typeof a === "number" && a <= 1) return b;
      break;
    default:
      break;
  }
  throw new RangeRefusal(needs(`${op} of shapes`, "numbers, or multiples of the number of rows", [a, b]));
}

function toMultiple(factor: number): Dimension {
  return factor === 0 ? 0 : timesRows(factor);
}

function combineNumbers(
  op: BinaryOperator,
  { a, b, isFloat }: { readonly a: number; readonly b: number; readonly isFloat: boolean },
): number {
  switch (op) {
    case "Add":
      return a + b;
    case "And":
      return a !== 0 && b !== 0 ? 1 : 0;
    case "Div":
      return isFloat ? a / b : Math.trunc(a / b);
    case "Equal":
      return a === b ? 1 : 0;
    case "Greater":
      return a > b ? 1 : 0;
    case "GreaterOrEqual":
      return a >= b ? 1 : 0;
    case "Less":
      return a < b ? 1 : 0;
    case "LessOrEqual":
      return a <= b ? 1 : 0;
    case "Max":
      return Math.max(a, b);
    case "Min":
      return Math.min(a, b);
    case "Mod":
      // 0, not −0.
      return (((a % b) + b) % b) + 0;
    case "Mul":
      return a * b;
    case "Or":
      return a !== 0 || b !== 0 ? 1 : 0;
    case "Pow":
      return a ** b;
    case "Sub":
      return a - b;
  }
}
