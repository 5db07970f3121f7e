import { elementAt } from "../../core/element_at.ts";
import type { Optimizer } from "../../optimizers/optimizer.ts";

/** An optimizer's learning rates: that of the parameters in no group, then one a group. The caller owns the list. */
export function readRates({ learningRate, groups = [] }: Optimizer): number[] {
  return [learningRate, ...groups.map((group) => group.learningRate)];
}

/** Sets what `readRates` gives. Groups that had no place in the list keep theirs. */
export function writeRates(optimizer: Optimizer, rates: readonly number[]): void {
  optimizer.learningRate = elementAt(rates, 0);
  for (const [i, group] of (optimizer.groups ?? []).entries()) group.learningRate = rates[i + 1] ?? group.learningRate;
}
