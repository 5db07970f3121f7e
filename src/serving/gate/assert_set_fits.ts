import { RangeRefusal } from "../../core/errors/errors.ts";
import { divideSamples } from "../model_file/sample_parts.ts";
import type { ServedFile } from "../model_file/served_file.ts";
import type { GateSet } from "./gate_set.ts";

/**
 * Held samples must be of the model's size, and of columns that it has.
 * @throws {RangeRefusal} If they are not: no model of this form could answer them rightly.
 */
export function assertSetFits({ experience, rows, samples, targets, classNames }: GateSet, file: ServedFile): void {
  const subject = `held samples of experience ${experience}`;
  const { parts, rowLength } = divideSamples(file.inputs, file.metadata);
  if (samples.length !== rows * rowLength) {
    const names = parts.flatMap((part) => ("from" in part ? [part.name] : [])).join(", ");
    const verb = names.includes(",") ? "take" : "takes";
    throw new RangeRefusal(`${subject}: ${names} ${verb} ${rowLength} values, got ${samples.length / rows}`);
  }
  const columns = file.outputs[0]?.rowLength ?? 0;
  // Where both sides have names, a class that the model lacks is one that it has not learnt.
  if (classNames && file.classNames) return;
  const astray = targets.find((target) => target < 0 || target >= columns);
  if (astray === undefined) return;
  throw new RangeRefusal(`${subject}: the classes must be columns from 0 to ${columns - 1}, got ${astray}`);
}
