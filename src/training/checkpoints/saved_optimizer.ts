import { isDeepStrictEqual } from "node:util";
import { elementAt } from "../../core/element_at.ts";
import { describeValue, RangeRefusal } from "../../core/errors/errors.ts";
import type { Optimizer } from "../../optimizers/optimizer.ts";
import type { OptimizerSpec } from "../../optimizers/optimizer_spec.ts";
import type { ParameterGroup } from "../../optimizers/parameter_groups.ts";

/** Learning rates, and groups with their constants, as a snapshot holds them. */
export interface SavedRates {
  readonly learningRate: number;
  readonly groups?: readonly ParameterGroup[];
}

/** The groups of an optimizer that has some. Copies: the caller owns them. */
export function saveGroups({ groups = [] }: Optimizer): Pick<SavedRates, "groups"> {
  return groups.length > 0 ? { groups: groups.map(copyGroup) } : {};
}

/** True where an optimizer's groups are those that were saved, learning rates aside. */
export function hasGroups(optimizer: Optimizer, { groups = [] }: SavedRates): boolean {
  return isDeepStrictEqual((optimizer.groups ?? []).map(readRule), groups.map(readRule));
}

/** An optimizer as it was saved. */
export function makeOptimizer({ learningRate, groups = [] }: SavedRates, spec: OptimizerSpec): Optimizer {
  return { spec, learningRate, groups: groups.map(copyGroup) };
}

/** Gives an optimizer the learning rates that were saved. @throws {RangeError} If it has other groups of parameters. */
export function restoreRates(optimizer: Optimizer, { learningRate, groups: saved = [] }: SavedRates): void {
  const { groups = [] } = optimizer;
  const [own, wanted] = [groups, saved].map((list) => list.map(({ parameters }) => parameters.join(" ")));
  if (!isDeepStrictEqual(own, wanted)) {
    throw new RangeRefusal(`the optimizer's groups must be ${describeValue(own)}, got ${describeValue(wanted)}`);
  }
  optimizer.learningRate = learningRate;
  for (const [i, group] of groups.entries()) group.learningRate = elementAt(saved, i).learningRate;
}

function copyGroup({ learningRate, ...rule }: ParameterGroup): ParameterGroup {
  return { ...readRule(rule), learningRate };
}

function readRule({ parameters, spec, schedule }: Omit<ParameterGroup, "learningRate">) {
  return { parameters: [...parameters], spec: { ...spec }, ...(schedule ? { schedule: { ...schedule } } : {}) };
}
