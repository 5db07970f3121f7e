import { assertInRange, assertWholeNumber, cannot, describeUnknownName, RangeRefusal } from "../core/errors.ts";

/**
 * How a learning rate changes with the steps t = 0, 1, … of its schedule, with PyTorch's definitions; γ is 0.1 unless
 * given.
 * - `constant`: as it is.
 * - `step`: times γ every `stepSize` steps.
 * - `multi-step`: times γ at each of the `milestones`.
 * - `exponential`: times γ every step; here γ must be given.
 * - `cosine`: from 1 down to `minimum` (a share of the learning rate, 0 unless given) in `steps` steps, and up again.
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
  /** ⅓ if left out. */
  readonly start?: number;
}

const KINDS = ["constant", "step", "multi-step", "exponential", "cosine"];
const DEFAULT_GAMMA = 0.1;
const POSITIVE: [number, number] = [Number.MIN_VALUE, Number.MAX_VALUE];

/** @throws {RangeError} If a number is out of range or there is no such schedule. */
export function assertSchedule(act: string, schedule: LearningRateSchedule): void {
  const { kind }: { kind: string } = schedule;
  if (!KINDS.includes(kind)) throw new RangeRefusal(`Cannot ${act}: ${describeUnknownName("schedule", kind, KINDS)}`);
  if ("gamma" in schedule) assertInRange(act, "gamma", schedule.gamma ?? DEFAULT_GAMMA, POSITIVE);
  switch (schedule.kind) {
    case "constant":
    case "exponential":
      break;
    case "step":
      assertWholeNumber(act, "stepSize", schedule.stepSize, 1);
      break;
    case "multi-step":
      for (const milestone of schedule.milestones) assertWholeNumber(act, "every milestone", milestone, 1);
      if (schedule.milestones.length === 0) throw new RangeRefusal(cannot(act, "at least one milestone", []));
      break;
    case "cosine":
      assertWholeNumber(act, "steps", schedule.steps, 1);
      assertInRange(act, "minimum", schedule.minimum ?? 0, [0, 1]);
  }
}

/** @throws {RangeError} If a number is out of range. */
export function assertWarmUp(act: string, { steps, start = 1 / 3 }: WarmUp): void {
  assertWholeNumber(act, "warm-up steps", steps);
  assertInRange(act, "the warm-up's start", start, [0, 1]);
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
