import { z } from "zod";

/** What a learning rate's schedule takes. */
export const LR_SCHEDULER_OPTIONS = z.strictObject({
  schedule: z
    .enum(["constant", "step", "multi-step", "exponential", "cosine", "plateau"])
    .default("constant")
    .describe("how the learning rate changes; constant for a warm-up alone"),
  granularity: z
    .enum(["epoch", "iteration"])
    .optional()
    .describe("what a step of the schedule is; an epoch if left out"),
  stepSize: z.int().min(1).optional().describe("steps between two drops; with schedule=step, and needed there"),
  milestones: z.array(z.int().min(1)).min(1).optional().describe("steps at which it drops; with schedule=multi-step"),
  gamma: z.number().gt(0).optional().describe("what a drop multiplies it by; 0.1 if left out; exponential needs it"),
  steps: z.int().min(1).optional().describe("steps down to the minimum; with schedule=cosine, and needed there"),
  minimum: z.number().min(0).optional().describe("lowest share of it with cosine, lowest value with plateau"),
  warmUpSteps: z.int().min(1).optional().describe("steps in which it rises to its full value first"),
  warmUpStart: z
    .number()
    .min(0)
    .max(1)
    .optional()
    .describe("share of it that the warm-up begins with; 1/3 if left out"),
  metric: z.enum(["train-loss", "val-loss"]).optional().describe("the loss that is watched; with schedule=plateau"),
  factor: z.number().gt(0).lt(1).optional().describe("what it is multiplied by then; with schedule=plateau"),
  patience: z.int().min(0).optional().describe("losses in a row that may be no better; with schedule=plateau"),
  threshold: z.number().min(0).max(1).optional().describe("least relative improvement that counts; with plateau"),
  evalEvery: z.int().min(1).optional().describe("epochs between evaluations; with metric=val-loss; 1 if left out"),
  resetScheduler: z.boolean().default(true).describe("begins anew with each experience"),
  firstExperienceOnly: z.boolean().optional().describe("trains later experiences with the plain learning rate"),
});

/** What gradient clipping takes. */
export const GRADIENT_CLIPPING_OPTIONS = z.strictObject({
  maxNorm: z.number().gt(0).optional().describe("greatest length of the whole gradient"),
  maxValue: z.number().gt(0).optional().describe("greatest size of an element; one of the two"),
});

/** What gradient accumulation takes. */
export const GRADIENT_ACCUMULATION_OPTIONS = z.strictObject({
  minibatches: z.int().min(1).describe("minibatches that make one step of the optimizer"),
});

/** What averaging of weights takes. */
export const WEIGHT_AVERAGING_OPTIONS = z.strictObject({
  decay: z.number().min(0).max(1).default(0.999).describe("how much of the average stays at each step"),
  evaluateAverage: z.boolean().default(true).describe("evaluates with the average"),
  adoptAverage: z.boolean().default(false).describe("goes on from the average after each experience"),
});

/** What shrinking and perturbing takes. */
export const SHRINK_AND_PERTURB_OPTIONS = z.strictObject({
  shrink: z.number().min(0).max(1).default(0.6).describe("what parameters are multiplied by"),
  perturb: z.number().min(0).default(0.01).describe("standard deviation of what is added"),
  every: z
    .union([z.int().min(1), z.literal("experience")])
    .default("experience")
    .describe("before each experience but the first, or after so many iterations"),
});
