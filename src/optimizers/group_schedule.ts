import { RangeRefusal } from "../core/errors/errors.ts";
import { type OptionSchema, optional } from "../core/options/option_schema.ts";
import { number, wholeNumber } from "../core/options/value_rules.ts";
import type { Optimizer, StepRates } from "./optimizer.ts";
import type { GroupSchedule, OptimizerRule } from "./parameter_groups.ts";

/** What a group may have beside the options of its optimizer. */
export const GROUP_OPTIONS = {
  learningRateFactor: optional(number({ atLeast: 0 }), "the group's learning rate is so many times the optimizer's"),
  frozenExperiences: optional(wholeNumber(1), "holds the group still in so many first experiences"),
  frozenEpochs: optional(wholeNumber(1), "holds the group still in so many first epochs of each experience"),
  trainedExperiences: optional(wholeNumber(1), "holds the group still after so many experiences"),
} satisfies OptionSchema;

/** A moment of training. */
export interface TrainingMoment {
  /** Experiences that came before the present one. */
  readonly pastExperiences: number;
  /** Whole epochs of the present experience. */
  readonly pastEpochs: number;
}

/** @throws {RangeError} If there is no time at which the group is trained. */
export function assertSchedule(subject: string, { frozenExperiences, trainedExperiences }: GroupSchedule): void {
  if (frozenExperiences === undefined || trainedExperiences === undefined) return;
  if (trainedExperiences > frozenExperiences) return;
  throw new RangeRefusal(
    `${subject}: trainedExperiences must be above frozenExperiences, ${frozenExperiences}, got ${trainedExperiences}`,
  );
}

/** @throws {RangeError} If a group is held still in all epochs of each experience. */
export function assertTrainedEpochs(subject: string, { groups = [] }: Optimizer, trainEpochs: number): void {
  const frozen = Math.max(0, ...groups.map(({ schedule }) => schedule?.frozenEpochs ?? 0));
  if (frozen === 0 || trainEpochs > frozen) return;
  throw new RangeRefusal(
    `${subject}: a group of parameters is held still in the first ${frozen} epochs of each experience, ` +
      `so there must be more epochs than that, got ${trainEpochs}`,
  );
}

/** @throws {RangeError} If a group is held still in all of so many experiences. */
export function assertTrainedExperiences({ groups = [] }: Optimizer, experiences: number): void {
  const frozen = Math.max(0, ...groups.map(({ schedule }) => schedule?.frozenExperiences ?? 0));
  if (frozen === 0 || experiences > frozen) return;
  throw new RangeRefusal(
    `a group of parameters is held still in the first ${frozen} experiences (frozenExperiences), ` +
      `so there must be more experiences than that, got ${experiences}`,
  );
}

/**
 * An optimizer's rule with the learning rates of a moment: 0 for groups that are held still then, as PyTorch's groups
 * with a learning rate of 0. Momentum and moments of those still follow the gradient.
 */
export function ratesAt(optimizer: Optimizer, moment: () => TrainingMoment): OptimizerRule & StepRates {
  const { spec, learningRate, groups = [] } = optimizer;
  if (!groups.some(({ schedule }) => schedule)) return optimizer;
  const now = moment();
  const present = groups.map((group) => (isHeldStill(group.schedule, now) ? { ...group, learningRate: 0 } : group));
  return { spec, learningRate, groups: present };
}

function isHeldStill(
  { frozenExperiences = 0, frozenEpochs = 0, trainedExperiences = Infinity }: GroupSchedule = {},
  { pastExperiences, pastEpochs }: TrainingMoment,
): boolean {
  return pastExperiences < frozenExperiences || pastExperiences >= trainedExperiences || pastEpochs < frozenEpochs;
}
