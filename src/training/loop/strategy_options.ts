import type * as tf from "@tensorflow/tfjs";
import {
  type ClusterOptions,
  type ResolvedClusterOptions,
  resolveClusterOptions,
} from "../../cluster/cluster_options.ts";
import { TypeRefusal } from "../../core/errors/errors.ts";
import { type AnyOptionRules, assertOptions, type OptionRules } from "../../core/options/assert_options.ts";
import { fixFields } from "../../core/options/fixed_fields.ts";
import { splitOptions } from "../../core/options/split_options.ts";
import {
  callback,
  either,
  flag,
  listOf,
  nothing,
  objectLike,
  oneOf,
  required,
  wholeNumber,
} from "../../core/options/value_rules.ts";
import type { EvaluationPlugin } from "../../evaluation/evaluation_plugin.ts";
import { assertTrainedEpochs } from "../../optimizers/group_schedule.ts";
import type { Optimizer } from "../../optimizers/optimizer.ts";
import { type Criterion, type CriterionFunction, createCriterion } from "../losses/criterion.ts";
import { CrossEntropyLoss } from "../losses/cross_entropy_loss.ts";
import type { StrategyPlugin } from "./strategy_plugin.ts";

/** What every strategy takes. */
export interface StrategyOptions {
  /**
   * Trained in place: its weights are up to date whenever `train` has returned, unless heads grow; see
   * `strategy.model`.
   */
  readonly model: tf.LayersModel;
  readonly optimizer: Optimizer;
  /** Default: cross-entropy from logits. */
  readonly criterion?: Criterion | CriterionFunction;
  /** Samples in a training minibatch. Default: 128. */
  readonly trainMbSize?: number;
  /** Passes over each experience. Default: 1. */
  readonly trainEpochs?: number;
  /** Leaves a last minibatch of fewer samples out of each training epoch. Default: false. */
  readonly dropLast?: boolean;
  /** Samples in an evaluation minibatch. Default: 512. */
  readonly evalMbSize?: number;
  /** Called in this order, before the evaluator. */
  readonly plugins?: readonly StrategyPlugin[];
  /** Metrics and loggers. Default: accuracy and loss on the terminal, nothing if null. */
  readonly evaluator?: EvaluationPlugin | null;
  /** −1: no evaluation while training. 0: before and after each experience. k: also every k epochs or iterations. */
  readonly evalEvery?: number;
  /** Whether `evalEvery` counts epochs or iterations. */
  readonly evalMode?: "epoch" | "iteration";
  /** Seeds every random stream of the strategy. Default: 0. */
  readonly seed?: number;
  /** How the replicas are laid out. */
  readonly cluster?: ClusterOptions;
}

/** The same with defaults filled in and checked. */
export interface ResolvedStrategyOptions {
  readonly criterion: Criterion;
  readonly trainMbSize: number;
  readonly trainEpochs: number;
  readonly dropLast: boolean;
  readonly evalMbSize: number;
  readonly evalEvery: number;
  readonly evalMode: "epoch" | "iteration";
  readonly seed: number;
  readonly cluster: ResolvedClusterOptions;
}

/** What may be changed while a strategy lives, by assigning to its attribute of that name. */
export type StrategySettings = Pick<ResolvedStrategyOptions, "trainMbSize" | "trainEpochs" | "dropLast" | "evalMbSize">;

/** Under which own options travel through the constructors to that of every strategy. */
const OWN_OPTIONS = Symbol("own options");

/** What a strategy was made with: enough to make one of its class again. */
export interface MadeWith {
  /** The options that only its class has. */
  readonly own: object;
  /** The plugins that it was given. */
  readonly plugins: readonly StrategyPlugin[];
  /** The criterion that it was given. */
  readonly criterion: StrategyOptions["criterion"] | undefined;
}

/** Reads what a strategy is made with from its options, which its own constructor may have changed. */
export function readMadeWith(options: StrategyOptions & { readonly [OWN_OPTIONS]?: MadeWith }): MadeWith {
  const { plugins = [], criterion } = options;
  return options[OWN_OPTIONS] ?? { own: {}, plugins, criterion };
}

/** What settings may be. */
const SETTING_RULES: OptionRules<Partial<StrategySettings>> = {
  trainMbSize: wholeNumber(1),
  trainEpochs: wholeNumber(),
  dropLast: flag(),
  evalMbSize: wholeNumber(1),
};

const OPTIMIZER_RULES: OptionRules<Pick<StrategyOptions, "optimizer">> = {
  optimizer: required(objectLike("an optimizer such as new SGD({ learningRate: 0.01 })", "spec", "learningRate")),
};

/** What `StrategyOptions` may be. */
export const STRATEGY_RULES: OptionRules<StrategyOptions> = {
  model: required(objectLike("a LayersModel of TF.js", "layers", "inputs", "outputs")),
  ...OPTIMIZER_RULES,
  criterion: either(callback(), objectLike("a criterion such as new CrossEntropyLoss()", "evaluate")),
  ...SETTING_RULES,
  plugins: listOf(objectLike("a plugin")),
  evaluator: either(objectLike("an EvaluationPlugin", "getLastMetrics"), nothing()),
  evalEvery: wholeNumber(-1),
  evalMode: oneOf(["epoch", "iteration"]),
  seed: wholeNumber(),
  cluster: objectLike("an object such as { workers: 2 }"),
};

/**
 * Checks a strategy's options and fills in the defaults.
 * @throws {TypeError} If an option has no such name.
 * @throws {RangeError} If a value is out of range.
 */
export function resolveStrategyOptions(strategy: string, options: StrategyOptions): ResolvedStrategyOptions {
  assertOptions(strategy, options, STRATEGY_RULES);
  const {
    trainMbSize = 128,
    trainEpochs = 1,
    dropLast = false,
    evalMbSize = 512,
    evalEvery = -1,
    evalMode = "epoch",
    seed = 0,
  } = options;
  assertTrainedEpochs(strategy, options.optimizer, trainEpochs);
  const given = createCriterion(options.criterion ?? new CrossEntropyLoss());
  const criterion = given.forStrategy?.() ?? given;
  const cluster = resolveClusterOptions(options.cluster ?? {});
  const settings = { trainMbSize, trainEpochs, dropLast, evalMbSize };
  return fixFields({ criterion, ...settings, evalEvery, evalMode, seed, cluster }, refuseAssignment);
}

/**
 * A strategy's options with some settings changed.
 * @throws {RangeError} If a value is out of range.
 */
export function changeStrategyOptions(
  strategy: string,
  options: ResolvedStrategyOptions,
  change: Partial<StrategySettings>,
): ResolvedStrategyOptions {
  assertOptions(strategy, change, SETTING_RULES);
  for (const [name, value] of Object.entries(change)) {
    if (value === undefined) throw new TypeRefusal(`${strategy}: ${name} is required`);
  }
  return fixFields({ ...options, ...change }, refuseAssignment);
}

/** @throws {TypeError} If it is no optimizer. */
export function assertOptimizer(strategy: string, optimizer: Optimizer): Optimizer {
  assertOptions(strategy, { optimizer }, OPTIMIZER_RULES);
  return optimizer;
}

function refuseAssignment(name: string): string {
  const cure = name in SETTING_RULES ? `assign strategy.${name}` : "it is given when a strategy is made";
  return `strategy.options.${name} cannot be assigned: ${cure}`;
}

/**
 * Checks the options of a strategy that has some of its own, and splits its own from those of every strategy.
 * @param rules Those of its own.
 * @throws {TypeError} If an option has no such name or is of another kind. {RangeError} If a value is out of range.
 */
export function splitStrategyOptions<Own extends object>(
  strategy: string,
  options: StrategyOptions & Own,
  rules: AnyOptionRules,
): [own: Own, rest: StrategyOptions] {
  assertOptions(strategy, options, { ...rules, ...STRATEGY_RULES });
  const parts: readonly [object, object] = splitOptions(options, rules);
  const [own, rest] = parts as [Own, StrategyOptions];
  const madeWith = { ...readMadeWith(rest), own };
  return [own, Object.assign(rest, { [OWN_OPTIONS]: madeWith })];
}
