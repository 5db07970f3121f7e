import { RangeRefusal } from "../../core/errors/errors.ts";
import { TASK_LABELS_NAME } from "../../onnx/layers/input.ts";
import type { ServedFile } from "../model_file/served_file.ts";
import type { GateSet } from "./gate_set.ts";

/**
 * Held samples must be of the model's size, and of columns that it has.
 * @throws {RangeRefusal} If they are not: no model of this form could answer them rightly.
 */
export function assertSetFits({ experience, rows, samples, targets, classNames }: GateSet, file: ServedFile): void {
  const subject = `held samples of experience ${experience}`;
  const input = file.inputs.find(({ name }) => name !== TASK_LABELS_NAME);
  if (input && samples.length !== rows * input.rowLength) {
    throw new RangeRefusal(`${subject}: ${input.name} takes ${input.rowLength} values, got ${samples.length / rows}`);
  }
  const columns = file.outputs[0]?.rowLength ?? 0;
  // Where both sides have names, a class that the model lacks is one that it has not learnt.
  if (classNames && file.classNames) return;
  const astray = targets.find((target) => target < 0 || target >= columns);
  if (astray === undefined) return;
  throw new RangeRefusal(`${subject}: the classes must be columns from 0 to ${columns - 1}, got ${astray}`);
}
