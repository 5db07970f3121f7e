import type * as tf from "@tensorflow/tfjs";
import { type ClusterOptions, type ResolvedClusterOptions, resolveClusterOptions } from "../cluster/cluster_options.ts";
import { assertOptions, type OptionRules } from "../core/assert_options.ts";
import { splitOptions } from "../core/split_options.ts";
import {
  anything,
  callback,
  either,
  listOf,
  nothing,
  objectLike,
  oneOf,
  required,
  wholeNumber,
} from "../core/value_rules.ts";
import type { EvaluationPlugin } from "../evaluation/evaluation_plugin.ts";
import type { Optimizer } from "../optimizers/optimizer.ts";
import { type Criterion, type CriterionFunction, createCriterion } from "./losses/criterion.ts";
import { CrossEntropyLoss } from "./losses/cross_entropy_loss.ts";
import type { StrategyPlugin } from "./strategy_plugin.ts";

/** What every strategy takes. */
export interface StrategyOptions {
  /**
   * Trained in place: its weights are up to date whenever `train` has returned, unless heads grow; see
   * `strategy.model`.
   */
  readonly model: tf.LayersModel;
  readonly optimizer: Optimizer;
  /** Cross-entropy from logits if left out. */
  readonly criterion?: Criterion | CriterionFunction;
  /** Samples in a training minibatch; 128 if left out. */
  readonly trainMbSize?: number;
  /** Passes over each experience; 1 if left out. */
  readonly trainEpochs?: number;
  /** Samples in an evaluation minibatch; 512 if left out. */
  readonly evalMbSize?: number;
  /** Called in this order, before the evaluator. */
  readonly plugins?: readonly StrategyPlugin[];
  /** Metrics and loggers; accuracy and loss on the terminal if left out, nothing if null. */
  readonly evaluator?: EvaluationPlugin | null;
  /** −1: no evaluation while training. 0: before and after each experience. k: also every k epochs or iterations. */
  readonly evalEvery?: number;
  /** Whether `evalEvery` counts epochs or iterations. */
  readonly evalMode?: "epoch" | "iteration";
  /** Seeds every random stream of the strategy; 0 if left out. */
  readonly seed?: number;
  /** How the replicas are laid out. */
  readonly cluster?: ClusterOptions;
}

/** The same with defaults filled in and checked. */
export interface ResolvedStrategyOptions {
  readonly criterion: Criterion;
  readonly trainMbSize: number;
  readonly trainEpochs: number;
  readonly evalMbSize: number;
  readonly evalEvery: number;
  readonly evalMode: "epoch" | "iteration";
  readonly seed: number;
  readonly cluster: ResolvedClusterOptions;
}

/** What `StrategyOptions` may be. */
export const STRATEGY_RULES: OptionRules<StrategyOptions> = {
  model: required(objectLike("a LayersModel of TF.js", "layers", "inputs", "outputs")),
  optimizer: required(objectLike("an optimizer such as new SGD({ learningRate: 0.01 })", "spec", "learningRate")),
  criterion: either(callback(), objectLike("a criterion such as new CrossEntropyLoss()", "evaluate")),
  trainMbSize: wholeNumber(1),
  trainEpochs: wholeNumber(),
  evalMbSize: wholeNumber(1),
  plugins: listOf(objectLike("a plugin")),
  evaluator: either(objectLike("an EvaluationPlugin", "getLastMetrics"), nothing()),
  evalEvery: wholeNumber(-1),
  evalMode: oneOf(["epoch", "iteration"]),
  seed: wholeNumber(),
  cluster: anything(),
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
    evalMbSize = 512,
    evalEvery = -1,
    evalMode = "epoch",
    seed = 0,
  } = options;
  const criterion = createCriterion(options.criterion ?? new CrossEntropyLoss());
  const cluster = resolveClusterOptions(options.cluster ?? {});
  return { criterion, trainMbSize, trainEpochs, evalMbSize, evalEvery, evalMode, seed, cluster };
}

/**
 * Checks the options of a strategy that has some of its own, and splits its own from those of every strategy.
 * @param rules Those of its own.
 * @throws {TypeError} If an option has no such name or is of another kind. {RangeError} If a value is out of range.
 */
export function splitStrategyOptions<Own extends object>(
  strategy: string,
  options: StrategyOptions & Own,
  rules: OptionRules<Own>,
): [own: Pick<StrategyOptions & Own, keyof Own>, rest: Omit<StrategyOptions & Own, keyof Own>] {
  assertOptions(strategy, options, { ...rules, ...STRATEGY_RULES });
  return splitOptions(options, rules);
}
