/**
 * The loop that trains a strategy, what plugins see of it, and the engines and replicas that compute: `firn/training`.
 * @module
 */

export type { ClusterOptions } from "./cluster/cluster_options.ts";
export type { StepResult } from "./cluster/compute_request.ts";
export { createQuadraticPenalty, type QuadraticPenalty } from "./cluster/penalty.ts";
export { RangeRefusal, RefusalError, SyntaxRefusal, TypeRefusal } from "./core/errors/errors.ts";
export type { HostTensor } from "./core/host_tensor.ts";
export type { ParameterEntry, ParameterLayout } from "./core/parameter_layout.ts";
export { createEngine } from "./engine/create_engine.ts";
export type { Engine } from "./engine/engine.ts";
export type { EngineChoice } from "./engine/engine_kind.ts";
export { BaseStrategy, type LastMetrics, type TrainOptions } from "./training/loop/base_strategy.ts";
export type { CombinationRules, Trait } from "./training/loop/combination_rules.ts";
export type { StepPlan } from "./training/loop/step_plan.ts";
export type { StrategyOptions } from "./training/loop/strategy_options.ts";
export {
  type Callback,
  EVAL_CALLBACKS,
  type StrategyPlugin,
  type StrategySetup,
  TRAINING_CALLBACKS,
} from "./training/loop/strategy_plugin.ts";
export type { ModelGrowth } from "./training/model/model_growth.ts";
