/**
 * The loop that trains a strategy, what plugins see of it, and the engines and replicas that compute: `firn/training`.
 * @module
 */

export type { ClusterOptions, ResolvedClusterOptions } from "./cluster/cluster_options.ts";
export type { StepResult } from "./cluster/compute_request.ts";
export type { FeaturePlan } from "./cluster/features/feature_plan.ts";
export type { IsolationChoice } from "./cluster/isolation.ts";
export type { SavedLossScale } from "./cluster/loss_scale.ts";
export type { ObjectiveWriter } from "./cluster/objective_writer.ts";
export { createQuadraticPenalty, type QuadraticPenalty } from "./cluster/penalty.ts";
export { type JoinOptions, joinRanks } from "./cluster/ranks/join_ranks.ts";
export type { RankExchange, RowGather, SlotSum } from "./cluster/ranks/rank_exchange.ts";
export type { Environment } from "./cluster/ranks/rank_place.ts";
export { type RankLoss, type RankSupervisor, Ranks } from "./cluster/ranks/ranks.ts";
export { type Bounds, RangeRefusal, RefusalError, SyntaxRefusal, TypeRefusal } from "./core/errors/errors.ts";
export type { HostTensor } from "./core/host_tensor.ts";
export type { Compatibility } from "./core/options/compatibility.ts";
export type {
  DefaultedOption,
  OptionalOption,
  OptionSchema,
  OptionsOf,
  ResolvedOptions,
  SchemaOption,
} from "./core/options/option_schema.ts";
export type { Fault, RequiredRule, RuledValue, ValueRule, ValueShape } from "./core/options/value_rules.ts";
export type { ParameterEntry, ParameterLayout } from "./core/parameter_layout.ts";
export type { LayoutChange } from "./core/remap_vector.ts";
export type { SavedState } from "./core/saved_state.ts";
export type { Part } from "./core/state/state.ts";
export { createEngine, type EngineModel, type EngineSpec } from "./engine/create_engine.ts";
export type { DeviceBlock, DeviceMemory, DeviceTraffic, DeviceView } from "./engine/device/device_memory.ts";
export type { DeviceVector, FlatVector } from "./engine/device/device_vector.ts";
export type {
  DeviceComputer,
  ProgramValues,
  VectorGraph,
  VectorPort,
  VectorProgram,
} from "./engine/device/vector_program.ts";
export type {
  DropoutKey,
  Engine,
  EngineInput,
  EngineResults,
  EngineVectors,
  FeatureAnchor,
  HalfStep,
  MadeGraph,
  ModelVectors,
  Objective,
  RowGradientCall,
  SampleIdentity,
} from "./engine/engine.ts";
export type { EngineChoice, EngineKind } from "./engine/engine_kind.ts";
export type { FeatureFilePlace, FeatureSource, SharedFeatures } from "./engine/feature_cache/shared_features.ts";
export type { ModelTopology } from "./engine/model_topology.ts";
export type { CudaOptions } from "./engine/onnxruntime/cuda/cuda_options.ts";
export type { ModelFacts } from "./engine/onnxruntime/model_facts.ts";
export type { TrainingPrecision } from "./onnx/precision/precision.ts";
export type { RowFactor, RowFactorLayout } from "./onnx/row_factors.ts";
export type {
  Checkpointer,
  TrainingCheckpoint,
  TrainingPosition,
  TrainingResume,
} from "./training/checkpoints/checkpointing.ts";
export type { StrategySnapshot } from "./training/checkpoints/strategy_snapshot.ts";
export type { TrainingProgress } from "./training/checkpoints/training_progress.ts";
export { BaseStrategy } from "./training/loop/base_strategy.ts";
export {
  type Callback,
  type CallbackName,
  type Callbacks,
  EVAL_CALLBACKS,
  type EvalCallbacks,
  TRAINING_CALLBACKS,
  type TrainingCallbacks,
} from "./training/loop/callbacks.ts";
export type { ClockState, PieceCounters } from "./training/loop/clock.ts";
export type { CombinationRules, Trait } from "./training/loop/combination_rules.ts";
export type { EvalStreams, Experiences } from "./training/loop/eval_streams.ts";
export type { LabelGuard, SavedLabels, SavedNames } from "./training/loop/label_guard.ts";
export type { LoopAttributes } from "./training/loop/loop_attributes.ts";
export type { ExpectedTraining, RehearseExperience } from "./training/loop/rehearsal.ts";
export type { StepPlan } from "./training/loop/step_plan.ts";
export type { StrategyConfiguration } from "./training/loop/strategy_configuration.ts";
export type {
  MadeWith,
  ResolvedStrategyOptions,
  StrategyOptions,
  StrategySettings,
} from "./training/loop/strategy_options.ts";
export type { PluginState, RestoreContext, StrategyPlugin, StrategySetup } from "./training/loop/strategy_plugin.ts";
export type { LastMetrics, TrainOptions } from "./training/loop/train_options.ts";
export type { ModelGrowth } from "./training/model/model_growth.ts";
export type { PredictOptions } from "./training/model/predict_samples.ts";
export type { NestedNumbers, NumberArray, PredictionInput } from "./training/model/prediction_input.ts";
export type { Predictions } from "./training/model/predictions.ts";
