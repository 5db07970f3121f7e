import type * as tf from "@tensorflow/tfjs";
import { type ClusterOptions, type ResolvedClusterOptions, resolveClusterOptions } from "../cluster/cluster_options.ts";
import { assertWholeNumber, describeUnknownName, RangeRefusal, TypeRefusal } from "../core/errors.ts";
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

const NAMES = [
  "model",
  "optimizer",
  "criterion",
  "trainMbSize",
  "trainEpochs",
  "evalMbSize",
  "plugins",
  "evaluator",
  "evalEvery",
  "evalMode",
  "seed",
  "cluster",
];

const EVAL_MODES = ["epoch", "iteration"] as const;

/**
 * Checks a strategy's options and fills in the defaults.
 * @throws {TypeError} If an option has no such name.
 * @throws {RangeError} If a value is out of range.
 */
export function resolveStrategyOptions(strategy: string, options: StrategyOptions): ResolvedStrategyOptions {
  const act = `create ${strategy}`;
  for (const name of Object.keys(options)) {
    if (!NAMES.includes(name)) throw new TypeRefusal(`Cannot ${act}: ${describeUnknownName("option", name, NAMES)}`);
  }
  const {
    trainMbSize = 128,
    trainEpochs = 1,
    evalMbSize = 512,
    evalEvery = -1,
    evalMode = "epoch",
    seed = 0,
  } = options;
  assertWholeNumber(act, "trainMbSize", trainMbSize, 1);
  assertWholeNumber(act, "trainEpochs", trainEpochs, 0);
  assertWholeNumber(act, "evalMbSize", evalMbSize, 1);
  assertWholeNumber(act, "evalEvery", evalEvery, -1);
  if (!EVAL_MODES.includes(evalMode)) {
    throw new RangeRefusal(`Cannot ${act}: ${describeUnknownName("evalMode", evalMode, EVAL_MODES)}`);
  }
  assertWholeNumber(act, "seed", seed);
  const criterion = createCriterion(options.criterion ?? new CrossEntropyLoss());
  const cluster = resolveClusterOptions(options.cluster ?? {});
  return { criterion, trainMbSize, trainEpochs, evalMbSize, evalEvery, evalMode, seed, cluster };
}
