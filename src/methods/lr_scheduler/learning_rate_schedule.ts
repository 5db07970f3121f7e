import { type AnyOptionRules, assertOptions, type OptionRules } from "../../core/options/assert_options.ts";
import { anything, listOf, number, oneOf, required, wholeNumber } from "../../core/options/value_rules.ts";

/**
 * How a learning rate changes with the steps t = 0, 1, … of its schedule, with PyTorch's definitions; γ is 0.1 unless
 * given.
 * - `constant`: as it is.
 * - `step`: times γ every `stepSize` steps.
 * - `multi-step`: times γ at each of the `milestones`.
 * - `exponential`: times γ every step; here γ must be given.
 * - `cosine`: from 1 down to `minimum` (a share of the learning rate, default 0) in `steps` steps, and up again.
 */
export type LearningRateSchedule =
  | { readonly kind: "constant" }
  | { readonly kind: "step"; readonly stepSize: number; readonly gamma?: number }
  | { readonly kind: "multi-step"; readonly milestones: readonly number[]; readonly gamma?: number }
  | { readonly kind: "exponential"; readonly gamma: number }
  | { readonly kind: "cosine"; readonly steps: number; readonly minimum?: number };

/** A straight line from `start` (a share of the learning rate) to 1 in `steps` steps, before the schedule begins. */
export interface WarmUp {
  readonly steps: number;
  /** Default: ⅓. */
  readonly start?: number;
}

const DEFAULT_GAMMA = 0.1;

const KIND = required(oneOf(["constant", "step", "multi-step", "exponential", "cosine"]));
const GAMMA = number({ above: 0 });

/** What schedules of each kind may be. */
const SCHEDULE_RULES: {
  readonly [Kind in LearningRateSchedule["kind"]]: OptionRules<Extract<LearningRateSchedule, { kind: Kind }>>;
} = {
  constant: { kind: KIND },
  step: { kind: KIND, stepSize: required(wholeNumber(1)), gamma: GAMMA },
  "multi-step": { kind: KIND, milestones: required(listOf(wholeNumber(1), 1)), gamma: GAMMA },
  exponential: { kind: KIND, gamma: required(GAMMA) },
  cosine: { kind: KIND, steps: required(wholeNumber(1)), minimum: number({ atLeast: 0, atMost: 1 }) },
};

/** What there is in a schedule of any kind. */
const ANY_SCHEDULE_RULES: AnyOptionRules = {
  kind: KIND,
  stepSize: anything(),
  gamma: anything(),
  milestones: anything(),
  steps: anything(),
  minimum: anything(),
};

const WARM_UP_RULES: OptionRules<WarmUp> = {
  steps: required(wholeNumber()),
  start: number({ atLeast: 0, atMost: 1 }),
};

/**
 * @throws {RangeError} If a number is out of range or there is no such schedule. {TypeError} If it has no such option.
 */
export function assertSchedule(subject: string, schedule: LearningRateSchedule): void {
  assertOptions(subject, schedule, ANY_SCHEDULE_RULES);
  assertOptions(subject, schedule, SCHEDULE_RULES[schedule.kind]);
}

/** @throws {RangeError} If a number is out of range. {TypeError} If it has no such option. */
export function assertWarmUp(subject: string, warmUp: WarmUp): void {
  assertOptions(subject, warmUp, WARM_UP_RULES);
}

/** What the learning rate is multiplied by at step t of the warm-up and the schedule after it. */
export function evaluateSchedule(schedule: LearningRateSchedule, t: number, warmUp: WarmUp = { steps: 0 }): number {
  const { steps, start = 1 / 3 } = warmUp;
  if (t < steps) return start + ((1 - start) * t) / steps;
  return evaluatePlain(schedule, t - steps);
}

function evaluatePlain(schedule: LearningRateSchedule, t: number): number {
  switch (schedule.kind) {
    case "constant":
      return 1;
    case "step":
      return (schedule.gamma ?? DEFAULT_GAMMA) ** Math.floor(t / schedule.stepSize);
    case "multi-step":
      return (schedule.gamma ?? DEFAULT_GAMMA) ** schedule.milestones.filter((milestone) => milestone <= t).length;
    case "exponential":
      return schedule.gamma ** t;
    case "cosine": {
      const { steps, minimum = 0 } = schedule;
      return minimum + ((1 - minimum) * (1 + Math.cos((Math.PI * t) / steps))) / 2;
    }
  }
}
