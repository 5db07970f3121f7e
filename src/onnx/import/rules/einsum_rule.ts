import { contract } from "../../einsum/contract.ts";
import { readEinsum } from "../../einsum/read_einsum.ts";
import type { ImportRules } from "../import_step.ts";

/** Contractions by a formula. */
export const einsumRules: ImportRules = {
  Einsum: (step) => {
    const [left, right, ...others] = step.values();
    if (left === undefined || others.length > 0) throw step.refuse("it must have one operand or two");
    const ranks = [left, right].flatMap((name) => (name === undefined ? [] : [step.graph.shapeOf(name).length]));
    const einsum = readEinsum(step.text("equation", ""), ranks);
    // A single operand is multiplied by a number.
    return contract({ left, right: right ?? step.graph.constant(1), einsum }, step.graph);
  },
};
