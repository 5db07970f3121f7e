import { optional, withDefault } from "../../core/options/option_schema.ts";
import { flag, listOf, number, oneOf, wholeNumber } from "../../core/options/value_rules.ts";
import { describeMethod } from "../method.ts";

/** lr-scheduler on the command line: an `LRSchedulerPlugin`, or a `ReduceLROnPlateauPlugin` with schedule=plateau. */
export const lrScheduler = describeMethod({
  name: "lr-scheduler",
  forms: ["plugin"],
  summary: "changes the learning rate by a schedule, with a warm-up, or when a loss has stopped falling",
  options: {
    schedule: withDefault(
      oneOf(["constant", "step", "multi-step", "exponential", "cosine", "plateau"]),
      "constant",
      "how the learning rate changes; constant for a warm-up alone",
    ),
    granularity: optional(oneOf(["epoch", "iteration"]), "what a step of the schedule is. Default: epoch"),
    stepSize: optional(wholeNumber(1), "steps between two drops; schedule=step requires it"),
    milestones: optional(listOf(wholeNumber(1), 1), "steps at which it drops; schedule=multi-step requires it"),
    gamma: optional(number({ above: 0 }), "factor of a drop; schedule=exponential requires it. Default: 0.1"),
    steps: optional(wholeNumber(1), "steps down to the minimum; schedule=cosine requires it"),
    minimum: optional(number({ atLeast: 0 }), "lowest share of it with cosine, lowest value with plateau"),
    warmUpSteps: optional(wholeNumber(1), "steps in which it rises to its full value first"),
    warmUpStart: optional(number({ atLeast: 0, atMost: 1 }), "share of it that the warm-up begins with. Default: 1/3"),
    metric: optional(oneOf(["train-loss", "val-loss"]), "the loss that is watched; with schedule=plateau"),
    factor: optional(number({ above: 0, below: 1 }), "factor of a reduction; with schedule=plateau"),
    patience: optional(wholeNumber(), "losses in a row that may be no better; with schedule=plateau"),
    threshold: optional(
      number({ atLeast: 0, atMost: 1 }),
      "least relative improvement that counts; with schedule=plateau",
    ),
    evalEvery: optional(wholeNumber(1), "epochs between evaluations; with metric=val-loss. Default: 1"),
    resetScheduler: withDefault(flag(), true, "begins anew with each experience"),
    resetLearningRate: optional(
      flag(),
      "begins each experience with the learning rate of the first. Default: as resetScheduler",
    ),
    firstEpochOnly: optional(flag(), "changes it in the first epoch of each experience alone"),
    firstExperienceOnly: optional(flag(), "changes it in the first experience alone"),
  },
});
