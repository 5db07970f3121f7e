import { elementAt } from "../../../core/element_at.ts";
import { int } from "../../file/onnx_model.ts";
import type { ValueName } from "../../graph.ts";
import { resolveAxis } from "../../shape.ts";
import type { ImportRules, ImportStep } from "../import_step.ts";
import { readRows } from "../row_indices.ts";
import { pick } from "./arrangement_rules.ts";

/** Reading at indices that are known, or rows of a table at ids that are computed. */
export const indexingRules: ImportRules = {
  Gather: gather,
};

function gather(step: ImportStep): ValueName {
  const { graph } = step;
  const x = step.value(0);
  const rows = step.rows(1);
  if (rows && step.int("axis", 0) === 0) return readRows(step, x, rows);
  const indices = step.static(1);
  const shape = graph.shapeOf(x);
  const axis = resolveAxis(step.int("axis", 0), shape.length);
  if (!indices) {
    if (axis !== 0) throw step.refuse("indices that are computed have a rule along axis 0 alone");
    const ids = graph.node("Cast", [step.value(1)], { to: int(INT64) });
    return graph.node("Gather", [x, ids], { axis: int(0) });
  }
  const length = Number(elementAt(shape, axis));
  const taken = indices.values.map(Number).map((index) => (index < 0 ? index + length : index));
  const picked = pick(step, x, { axis, taken });
  const lengths = [...shape.slice(0, axis), ...indices.shape, ...shape.slice(axis + 1)];
  return step.reshape(picked, lengths);
}

/** ONNX's number for int64. */
const INT64 = 7;
