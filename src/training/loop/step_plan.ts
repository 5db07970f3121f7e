import type { Criterion } from "../losses/criterion.ts";
import type { CallbackName } from "./callbacks.ts";
import type { PluginDispatcher } from "./plugin_dispatcher.ts";

const OVERRIDABLE_STEPS = ["trainingIteration", "forward", "criterion", "backward", "optimizerStep"] as const;

type OverridableStep = (typeof OVERRIDABLE_STEPS)[number];

/** How a training iteration is computed. The numbers are the same either way; only the work between them differs. */
export interface StepPlan {
  /**
   * True: one request computes outputs, loss and gradient. False: forward, then the loss on the coordinator, then
   * backward.
   */
  readonly fused: boolean;
  /** True: the replicas step the optimizer in the same command in which they reduce the gradient. */
  readonly updateWithReduction: boolean;
  /** Why not, one line each; empty when both are true. */
  readonly reasons: readonly string[];
}

/** What the plan is made from. */
export interface PlanInput {
  /** Who listens to a callback, or replaces the criterion, by name. */
  readonly listeners: (callback: CallbackName | "criterion") => readonly string[];
  /** The steps that a subclass has overridden; the whole iteration counts as all of them. */
  readonly overridden: ReadonlySet<OverridableStep>;
  /** Whether the criterion can be computed inside the replicas' graph. */
  readonly hasFusedCriterion: boolean;
}

/** Decides how training iterations are computed, from what plugins and subclasses listen to or replace. */
export function createStepPlan({ listeners, overridden, hasFusedCriterion }: PlanInput): StepPlan {
  const explain = (callbacks: readonly CallbackName[]) =>
    callbacks.flatMap((callback) => listeners(callback).map((name) => `${name} listens to ${callback}`));
  const splitting = explain(["afterForward", "beforeBackward"]);
  for (const step of ["trainingIteration", "forward", "criterion", "backward"] as const) {
    if (overridden.has(step)) splitting.push(`the strategy overrides ${step}`);
  }
  splitting.push(...listeners("criterion").map((name) => `${name} replaces the criterion`));
  if (!hasFusedCriterion) splitting.push("the criterion is a function of its own");
  const delaying = explain(["afterBackward", "beforeUpdate"]);
  // A subclass may change the gradient in its own `backward`.
  for (const step of ["trainingIteration", "backward", "optimizerStep"] as const) {
    if (overridden.has(step)) delaying.push(`the strategy overrides ${step}`);
  }
  return {
    fused: splitting.length === 0,
    updateWithReduction: delaying.length === 0,
    reasons: [...new Set([...splitting, ...delaying])],
  };
}

/** What a strategy's plan is made from. */
export type PlannedStrategy = Readonly<Record<OverridableStep, unknown>> & {
  readonly options: { readonly criterion: Criterion };
};

/** The plan of a strategy; `base` has the steps that no subclass has overridden. */
export function planSteps(
  strategy: PlannedStrategy,
  { base, dispatcher }: { readonly base: PlannedStrategy; readonly dispatcher: PluginDispatcher },
): StepPlan {
  return createStepPlan({
    listeners: (callback) => dispatcher.listListeners(callback),
    overridden: new Set(OVERRIDABLE_STEPS.filter((step) => strategy[step] !== base[step])),
    hasFusedCriterion: strategy.options.criterion.createObjective !== undefined,
  });
}
