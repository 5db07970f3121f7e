import { RangeRefusal } from "../../core/errors/errors.ts";
import { omitUndefined } from "../../core/options/omit_undefined.ts";
import type { ResolvedOptions } from "../../core/options/option_schema.ts";
import type { ChosenPlugin, PluginContext } from "../method.ts";
import type { LearningRateSchedule } from "./learning_rate_schedule.ts";
import type { lrScheduler } from "./options.ts";

type Options = ResolvedOptions<typeof lrScheduler.options>;
type OptionName = keyof Options;

const COMMON: readonly OptionName[] = [
  "schedule",
  "granularity",
  "resetScheduler",
  "resetLearningRate",
  "firstEpochOnly",
  "firstExperienceOnly",
];
const TIMED: readonly OptionName[] = [...COMMON, "warmUpSteps", "warmUpStart"];

/** The options that each schedule takes. */
const TAKES: Readonly<Record<Options["schedule"], readonly OptionName[]>> = {
  constant: TIMED,
  step: [...TIMED, "stepSize", "gamma"],
  "multi-step": [...TIMED, "milestones", "gamma"],
  exponential: [...TIMED, "gamma"],
  cosine: [...TIMED, "steps", "minimum"],
  plateau: [...COMMON, "metric", "factor", "patience", "threshold", "minimum", "evalEvery"],
};

/**
 * The plugin that the options of `lr-scheduler` ask for.
 * @throws {RangeError} If an option is missing, or means nothing with this schedule or benchmark.
 */
export async function createLRScheduler(options: Options, { benchmark }: PluginContext): Promise<ChosenPlugin> {
  const { schedule, resetScheduler, resetLearningRate, granularity, firstEpochOnly, firstExperienceOnly } = options;
  const given = omitUndefined(options);
  for (const name of Object.keys(given)) {
    if (TAKES[schedule].some((taken) => taken === name)) continue;
    const taken = `its options: ${TAKES[schedule].join(", ")}`;
    throw new RangeRefusal(`lr-scheduler: ${name} is no option of schedule=${schedule}; ${taken}`);
  }
  const limits = { resetLearningRate, granularity, firstEpochOnly, firstExperienceOnly };
  const common = { resetScheduler, ...omitUndefined(limits) };
  if (schedule === "plateau") {
    const { ReduceLROnPlateauPlugin } = await import("./reduce_lr_on_plateau_plugin.ts");
    const { metric, factor, patience, threshold, minimum, evalEvery = 1 } = options;
    if (metric === "val-loss" && !benchmark.streams.has("valid")) {
      const missing = `${benchmark.name} has none (its option validationSize=0.1 makes one)`;
      throw new RangeRefusal(`lr-scheduler: metric=val-loss requires a validation stream, ${missing}`);
    }
    const own = omitUndefined({ metric, factor, patience, threshold, minimum });
    const plugin = new ReduceLROnPlateauPlugin({ ...own, ...common });
    return { plugin, ...(metric === "val-loss" ? { evalEvery } : {}) };
  }
  const { LRSchedulerPlugin } = await import("./lr_scheduler_plugin.ts");
  const { warmUpSteps: steps, warmUpStart: start } = options;
  const warmUp = steps === undefined ? undefined : omitUndefined({ steps, start });
  const own = omitUndefined({ warmUp });
  return { plugin: new LRSchedulerPlugin({ schedule: createSchedule(schedule, options), ...common, ...own }) };
}

function createSchedule(kind: LearningRateSchedule["kind"], options: Options): LearningRateSchedule {
  const { gamma, minimum } = omitUndefined(options);
  const drop = gamma === undefined ? {} : { gamma };
  switch (kind) {
    case "constant":
      return { kind };
    case "step":
      return { kind, stepSize: need(options.stepSize, "stepSize", kind), ...drop };
    case "multi-step":
      return { kind, milestones: need(options.milestones, "milestones", kind), ...drop };
    case "exponential":
      return { kind, gamma: need(gamma, "gamma", kind) };
    case "cosine":
      return { kind, steps: need(options.steps, "steps", kind), ...(minimum === undefined ? {} : { minimum }) };
  }
}

function need<Value>(value: Value | undefined, name: string, schedule: string): Value {
  if (value !== undefined) return value;
  throw new RangeRefusal(`lr-scheduler: schedule=${schedule} requires ${name}`);
}
