import { elementAt } from "../../../core/element_at.ts";
import { countElements } from "../../../core/host_tensor.ts";
import type { Dimension } from "../../file/onnx_model.ts";
import type { ValueName } from "../../graph.ts";
import type { ImportStep } from "../import_step.ts";
import type { RowIndices, StaticTensor } from "../onnx_source.ts";
import { pick } from "../rules/pick.ts";
import { foldStatic } from "./fold_static.ts";
import { coefficientOf } from "./static_arithmetic.ts";
import { isStaticOperator } from "./static_operators.ts";
import { numbersOf } from "./static_shapes.ts";

/**
 * What a node makes of such numbers. `operands` are the node's inputs, where they are such or known.
 * @returns Undefined where it makes something else.
 */
export function foldRowIndices(
  step: ImportStep,
  operands: readonly (RowIndices | StaticTensor | undefined)[],
): RowIndices | undefined {
  const { op } = step.node;
  const [a, b] = operands;
  if (op === "Range") return beginRows(operands);
  const [rows, other] = isRows(a) ? [a, b] : [b, a];
  if (!isRows(rows) || isRows(other) || !isStaticOperator(op)) return undefined;
  const fold = (inputs: readonly (StaticTensor | undefined)[]) =>
    foldStatic({
      op,
      inputs,
      int: (name, fallback) => step.int(name, fallback),
      ints: (name) => step.ints(name),
      float: () => 0,
    });
  switch (op) {
    case "Add": {
      const base = other && fold([rows.base, other]);
      return base?.shape[0] === 1 ? { ...rows, base } : undefined;
    }
    case "Mul": {
      const factors = new Set(other?.values);
      const [factor] = factors;
      const base = other && fold([rows.base, other]);
      if (factors.size !== 1 || typeof factor !== "number" || base?.shape[0] !== 1) return undefined;
      return { base, stride: rows.stride * factor };
    }
    case "Cast":
      return rows;
    case "Unsqueeze": {
      const base = fold([rows.base, other]);
      return base?.shape[0] === 1 ? { ...rows, base } : undefined;
    }
    default:
      return undefined;
  }
}

/** A read of x [N·R] at places of each row: x as [N, R], with the columns chosen. */
export function readRows(step: ImportStep, x: ValueName, { base, stride }: RowIndices): ValueName {
  const shape = step.graph.shapeOf(x);
  const [length = 0, ...others] = shape;
  const columns = numbersOf(base);
  const isInside = columns.every((column) => column >= 0 && column < stride);
  if (others.length > 0 || typeof length === "number" || coefficientOf(length) !== stride || !isInside) {
    throw step.refuse("its indices depend on the number of rows in a way that has no rule");
  }
  const rows = step.reshape(x, ["N", stride]);
  const isWhole = columns.length === stride && columns.every((column, i) => column === i);
  const chosen = isWhole ? rows : pick(step, rows, { axis: 1, taken: columns });
  return step.reshape(chosen, ["N", ...base.shape.slice(1)]);
}

/** 0, 1, … up to the number of rows. */
function beginRows(operands: readonly (RowIndices | StaticTensor | undefined)[]): RowIndices | undefined {
  const [start, limit, delta] = operands.map((operand): Dimension | undefined =>
    operand && !isRows(operand) && countElements(operand.shape) === 1 ? elementAt(operand.values, 0) : undefined,
  );
  if (typeof start !== "number" || limit !== "N" || delta !== 1) return undefined;
  return { base: { isFloat: false, shape: [1], values: [start] }, stride: 1 };
}

function isRows(operand: RowIndices | StaticTensor | undefined): operand is RowIndices {
  return operand !== undefined && "base" in operand;
}
