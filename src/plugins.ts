/**
 * Plugins, which change how any strategy trains, and the classifiers that some of them fit: `firn/plugins`.
 * @module
 */

export { AGEMPlugin } from "./methods/agem/agem_plugin.ts";
export type { AGEMOptions } from "./methods/agem/options.ts";
export type { BiasCorrection } from "./methods/bic/bias_correction.ts";
export { BiCPlugin } from "./methods/bic/bic_plugin.ts";
export type { BiCOptions } from "./methods/bic/options.ts";
export { CoPEPlugin } from "./methods/cope/cope_plugin.ts";
export type { CoPEOptions } from "./methods/cope/options.ts";
export { CutMixPlugin } from "./methods/cutmix/cutmix_plugin.ts";
export type { CutMixOptions } from "./methods/cutmix/options.ts";
export { CWRStarPlugin } from "./methods/cwr_star/cwr_star_plugin.ts";
export type { CWRStarOptions } from "./methods/cwr_star/options.ts";
export { DERPlugin } from "./methods/der/der_plugin.ts";
export type { DEROptions } from "./methods/der/options.ts";
export { EarlyStoppingPlugin } from "./methods/early_stopping/early_stopping_plugin.ts";
export type { EarlyStoppingOptions } from "./methods/early_stopping/options.ts";
export { ERACEPlugin } from "./methods/er_ace/er_ace_plugin.ts";
export type { ERACEOptions } from "./methods/er_ace/options.ts";
export { ERAMLPlugin } from "./methods/er_aml/er_aml_plugin.ts";
export type { ERAMLOptions } from "./methods/er_aml/options.ts";
export { EWCPlugin } from "./methods/ewc/ewc_plugin.ts";
export type { EWCOptions } from "./methods/ewc/options.ts";
export { FeatureDistillationPlugin } from "./methods/feature_distillation/feature_distillation_plugin.ts";
export type { FeatureDistillationOptions } from "./methods/feature_distillation/options.ts";
export { FeatureReplayPlugin } from "./methods/feature_replay/feature_replay_plugin.ts";
export type { FeatureReplayOptions } from "./methods/feature_replay/options.ts";
export { FeCAMClassifier } from "./methods/fecam/fecam_classifier.ts";
export { FeCAMPlugin } from "./methods/fecam/fecam_plugin.ts";
export type { FeCAMClassifierOptions, FeCAMOptions } from "./methods/fecam/options.ts";
export { FromScratchTrainingPlugin } from "./methods/from_scratch_training/from_scratch_training_plugin.ts";
export type { FromScratchTrainingOptions } from "./methods/from_scratch_training/options.ts";
export { GDumbPlugin } from "./methods/gdumb/gdumb_plugin.ts";
export type { GDumbOptions } from "./methods/gdumb/options.ts";
export { GEMPlugin } from "./methods/gem/gem_plugin.ts";
export type { GEMOptions } from "./methods/gem/options.ts";
export { GenerativeReplayPlugin } from "./methods/generative_replay/generative_replay_plugin.ts";
export type {
  GenerativeReplayOptions,
  GeneratorOptions,
  ReplayWeightOptions,
} from "./methods/generative_replay/options.ts";
export {
  type TrainGeneratorAfterExpOptions,
  TrainGeneratorAfterExpPlugin,
} from "./methods/generative_replay/train_generator_after_exp_plugin.ts";
export { GradientAccumulationPlugin } from "./methods/gradient_accumulation/gradient_accumulation_plugin.ts";
export type { GradientAccumulationOptions } from "./methods/gradient_accumulation/options.ts";
export { GradientClippingPlugin } from "./methods/gradient_clipping/gradient_clipping_plugin.ts";
export type { GradientClippingOptions } from "./methods/gradient_clipping/options.ts";
export { GSSGreedyPlugin } from "./methods/gss_greedy/gss_greedy_plugin.ts";
export type { GSSGreedyOptions } from "./methods/gss_greedy/options.ts";
export { ICaRLPlugin } from "./methods/icarl/icarl_plugin.ts";
export type { ICaRLOptions } from "./methods/icarl/options.ts";
export { type ClassMemory, IL2MPlugin } from "./methods/il2m/il2m_plugin.ts";
export type { IL2MOptions } from "./methods/il2m/options.ts";
export { LAEPlugin } from "./methods/lae/lae_plugin.ts";
export type { LAEOptions } from "./methods/lae/options.ts";
export { LatentReplayPlugin } from "./methods/latent_replay/latent_replay_plugin.ts";
export type { LatentReplayOptions } from "./methods/latent_replay/options.ts";
export { LFLPlugin } from "./methods/lfl/lfl_plugin.ts";
export type { LFLOptions } from "./methods/lfl/options.ts";
export { LossScalingPlugin } from "./methods/loss_scaling/loss_scaling_plugin.ts";
export type { LossScalingOptions } from "./methods/loss_scaling/options.ts";
export type { LearningRateSchedule, WarmUp } from "./methods/lr_scheduler/learning_rate_schedule.ts";
export { type LRSchedulerOptions, LRSchedulerPlugin } from "./methods/lr_scheduler/lr_scheduler_plugin.ts";
export {
  type ReduceLROnPlateauOptions,
  ReduceLROnPlateauPlugin,
} from "./methods/lr_scheduler/reduce_lr_on_plateau_plugin.ts";
export { LwFPlugin } from "./methods/lwf/lwf_plugin.ts";
export type { LwFOptions } from "./methods/lwf/options.ts";
export { MASPlugin } from "./methods/mas/mas_plugin.ts";
export type { MASOptions } from "./methods/mas/options.ts";
export { MIRPlugin } from "./methods/mir/mir_plugin.ts";
export type { MIROptions } from "./methods/mir/options.ts";
export { MixupPlugin } from "./methods/mixup/mixup_plugin.ts";
export type { MixupOptions } from "./methods/mixup/options.ts";
export { NCMPlugin } from "./methods/ncm/ncm_plugin.ts";
export type { NCMOptions } from "./methods/ncm/options.ts";
export type { PackNetOptions } from "./methods/pack_net/options.ts";
export { PackNetPlugin } from "./methods/pack_net/pack_net_plugin.ts";
export type { RanPACClassifierOptions } from "./methods/ranpac/options.ts";
export { RanPACClassifier } from "./methods/ranpac/ranpac_classifier.ts";
export type { RAROptions } from "./methods/rar/options.ts";
export { RARPlugin } from "./methods/rar/rar_plugin.ts";
export type { ReplayOptions } from "./methods/replay/options.ts";
export { ReplayPlugin } from "./methods/replay/replay_plugin.ts";
export type { RWalkOptions } from "./methods/rwalk/options.ts";
export { RWalkPlugin } from "./methods/rwalk/rwalk_plugin.ts";
export type { SCROptions } from "./methods/scr/options.ts";
export { SCRPlugin } from "./methods/scr/scr_plugin.ts";
export type { FeatureClassifier, FeaturesByClass } from "./methods/shared/classifiers/feature_classifier.ts";
export type { FeaturePrediction } from "./methods/shared/classifiers/feature_prediction.ts";
export type { FeaturePredictionOptions } from "./methods/shared/classifiers/feature_prediction_options.ts";
export { NCMClassifier } from "./methods/shared/classifiers/ncm_classifier.ts";
export type { TaskRows } from "./methods/shared/classifiers/score_by_task.ts";
export type { PerExperience } from "./methods/shared/method_options.ts";
export type { MinibatchMemory, MinibatchMemoryOptions } from "./methods/shared/minibatch_memory.ts";
export type { ShrinkAndPerturbOptions } from "./methods/shrink_and_perturb/options.ts";
export { ShrinkAndPerturbPlugin } from "./methods/shrink_and_perturb/shrink_and_perturb_plugin.ts";
export type { StreamingLDAClassifierOptions } from "./methods/streaming_lda/options.ts";
export { StreamingLDAClassifier } from "./methods/streaming_lda/streaming_lda_classifier.ts";
export type { SynapticIntelligenceOptions } from "./methods/synaptic_intelligence/options.ts";
export { SynapticIntelligencePlugin } from "./methods/synaptic_intelligence/synaptic_intelligence_plugin.ts";
export type { WeightAveragingOptions } from "./methods/weight_averaging/options.ts";
export { WeightAveragingPlugin } from "./methods/weight_averaging/weight_averaging_plugin.ts";
