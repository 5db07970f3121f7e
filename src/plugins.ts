/**
 * Plugins, which change how any strategy trains, and the classifiers that some of them fit: `firn/plugins`.
 * @module
 */

export { type AGEMOptions, AGEMPlugin } from "./methods/agem/agem_plugin.ts";
export type { BiasCorrection } from "./methods/bic/bias_correction.ts";
export { type BiCOptions, BiCPlugin } from "./methods/bic/bic_plugin.ts";
export { type CoPEOptions, CoPEPlugin } from "./methods/cope/cope_plugin.ts";
export { type CWRStarOptions, CWRStarPlugin } from "./methods/cwr_star/cwr_star_plugin.ts";
export { type DEROptions, DERPlugin } from "./methods/der/der_plugin.ts";
export { type EarlyStoppingOptions, EarlyStoppingPlugin } from "./methods/early_stopping/early_stopping_plugin.ts";
export { type ERACEOptions, ERACEPlugin } from "./methods/er_ace/er_ace_plugin.ts";
export { type ERAMLOptions, ERAMLPlugin } from "./methods/er_aml/er_aml_plugin.ts";
export { type EWCOptions, EWCPlugin } from "./methods/ewc/ewc_plugin.ts";
export {
  type FeatureDistillationOptions,
  FeatureDistillationPlugin,
} from "./methods/feature_distillation/feature_distillation_plugin.ts";
export { type FeatureReplayOptions, FeatureReplayPlugin } from "./methods/feature_replay/feature_replay_plugin.ts";
export { FeCAMClassifier, type FeCAMClassifierOptions } from "./methods/fecam/fecam_classifier.ts";
export { type FeCAMOptions, FeCAMPlugin } from "./methods/fecam/fecam_plugin.ts";
export {
  type FromScratchTrainingOptions,
  FromScratchTrainingPlugin,
} from "./methods/from_scratch_training/from_scratch_training_plugin.ts";
export { type GDumbOptions, GDumbPlugin } from "./methods/gdumb/gdumb_plugin.ts";
export { type GEMOptions, GEMPlugin } from "./methods/gem/gem_plugin.ts";
export type { GeneratorOptions } from "./methods/generative_replay/create_generator.ts";
export {
  type GenerativeReplayOptions,
  GenerativeReplayPlugin,
} from "./methods/generative_replay/generative_replay_plugin.ts";
export type { ReplayWeightOptions } from "./methods/generative_replay/replay_weights.ts";
export {
  type TrainGeneratorAfterExpOptions,
  TrainGeneratorAfterExpPlugin,
} from "./methods/generative_replay/train_generator_after_exp_plugin.ts";
export {
  type GradientAccumulationOptions,
  GradientAccumulationPlugin,
} from "./methods/gradient_accumulation/gradient_accumulation_plugin.ts";
export {
  type GradientClippingOptions,
  GradientClippingPlugin,
} from "./methods/gradient_clipping/gradient_clipping_plugin.ts";
export { type GSSGreedyOptions, GSSGreedyPlugin } from "./methods/gss_greedy/gss_greedy_plugin.ts";
export { type ICaRLOptions, ICaRLPlugin } from "./methods/icarl/icarl_plugin.ts";
export { type ClassMemory, type IL2MOptions, IL2MPlugin } from "./methods/il2m/il2m_plugin.ts";
export { type LatentReplayOptions, LatentReplayPlugin } from "./methods/latent_replay/latent_replay_plugin.ts";
export { type LFLOptions, LFLPlugin } from "./methods/lfl/lfl_plugin.ts";
export { type LossScalingOptions, LossScalingPlugin } from "./methods/loss_scaling/loss_scaling_plugin.ts";
export type { LearningRateSchedule, WarmUp } from "./methods/lr_scheduler/learning_rate_schedule.ts";
export { type LRSchedulerOptions, LRSchedulerPlugin } from "./methods/lr_scheduler/lr_scheduler_plugin.ts";
export {
  type ReduceLROnPlateauOptions,
  ReduceLROnPlateauPlugin,
} from "./methods/lr_scheduler/reduce_lr_on_plateau_plugin.ts";
export { type LwFOptions, LwFPlugin } from "./methods/lwf/lwf_plugin.ts";
export { type MASOptions, MASPlugin } from "./methods/mas/mas_plugin.ts";
export { type MIROptions, MIRPlugin } from "./methods/mir/mir_plugin.ts";
export { type NCMOptions, NCMPlugin } from "./methods/ncm/ncm_plugin.ts";
export { type PackNetOptions, PackNetPlugin } from "./methods/pack_net/pack_net_plugin.ts";
export { type RAROptions, RARPlugin } from "./methods/rar/rar_plugin.ts";
export { type ReplayOptions, ReplayPlugin } from "./methods/replay/replay_plugin.ts";
export { type RWalkOptions, RWalkPlugin } from "./methods/rwalk/rwalk_plugin.ts";
export { type SCROptions, SCRPlugin } from "./methods/scr/scr_plugin.ts";
export type { FeatureClassifier, FeaturesByClass } from "./methods/shared/classifiers/feature_classifier.ts";
export type { FeaturePrediction, FeaturePredictionOptions } from "./methods/shared/classifiers/feature_prediction.ts";
export { NCMClassifier } from "./methods/shared/classifiers/ncm_classifier.ts";
export type { TaskRows } from "./methods/shared/classifiers/score_by_task.ts";
export type { MinibatchMemory, MinibatchMemoryOptions } from "./methods/shared/minibatch_memory.ts";
export type { PerExperience } from "./methods/shared/per_experience.ts";
export {
  type ShrinkAndPerturbOptions,
  ShrinkAndPerturbPlugin,
} from "./methods/shrink_and_perturb/shrink_and_perturb_plugin.ts";
export {
  StreamingLDAClassifier,
  type StreamingLDAClassifierOptions,
} from "./methods/streaming_lda/streaming_lda_classifier.ts";
export {
  type SynapticIntelligenceOptions,
  SynapticIntelligencePlugin,
} from "./methods/synaptic_intelligence/synaptic_intelligence_plugin.ts";
export {
  type WeightAveragingOptions,
  WeightAveragingPlugin,
} from "./methods/weight_averaging/weight_averaging_plugin.ts";
