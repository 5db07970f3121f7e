/**
 * Firn: a trainer for models that keep learning from a stream of experiences without forgetting, data-parallel over
 * Worker replicas, which hands over an ONNX file after every experience.
 * @module
 */

export type { ClusterOptions } from "./cluster/cluster_options.ts";
export type { StepResult } from "./cluster/compute_request.ts";
export { createQuadraticPenalty, type QuadraticPenalty } from "./cluster/penalty.ts";
export { RangeRefusal, RefusalError, SyntaxRefusal, TypeRefusal } from "./core/errors.ts";
export type { HostTensor } from "./core/host_tensor.ts";
export type { ParameterEntry, ParameterLayout } from "./core/parameter_layout.ts";
export { RandomStream, RandomStreams } from "./core/random_stream.ts";
export { createSharedFloat32, createSharedInt32, createSharedUint8 } from "./core/shared_memory.ts";
export { writeAtomically } from "./core/write_atomically.ts";
export { type ArrayDatasetOptions, createArrayDataset } from "./data/array_dataset.ts";
export type { Augmentation } from "./data/augmentation.ts";
export { type CIFARFiles, loadCIFAR10, loadCIFAR100 } from "./data/cifar_files.ts";
export { createDataSource, type DataSource } from "./data/data_source.ts";
export { Dataset, type SampleReferences } from "./data/dataset.ts";
export { readIdxImages, readIdxLabels } from "./data/idx_reader.ts";
export type { ImageLayout } from "./data/image_layout.ts";
export { loadFashionMNIST, loadMNIST } from "./data/mnist_files.ts";
export { readSamples } from "./data/read_samples.ts";
export type { Transform } from "./data/transform.ts";
export { createEngine } from "./engine/create_engine.ts";
export type { Engine } from "./engine/engine.ts";
export type { EngineChoice } from "./engine/engine_kind.ts";
export { GaussianSampling } from "./engine/tfjs/gaussian_sampling.ts";
export { IncrementalClassifier } from "./engine/tfjs/incremental_classifier.ts";
export { MultiHeadClassifier } from "./engine/tfjs/multi_head_classifier.ts";
export { ProgressiveNetwork } from "./engine/tfjs/progressive_network.ts";
export { Subtract } from "./engine/tfjs/subtract.ts";
export { accuracyMatrixMetrics } from "./evaluation/accuracy_matrix_metrics.ts";
export { accuracyMetrics } from "./evaluation/accuracy_metrics.ts";
export { amcaMetrics } from "./evaluation/amca_metrics.ts";
export { classAccuracyMetrics } from "./evaluation/class_accuracy_metrics.ts";
export { confusionMatrixMetrics } from "./evaluation/confusion_matrix_metrics.ts";
export { formatAccuracyMatrixCsv, summarizeAccuracyMatrix } from "./evaluation/continual_measures.ts";
export { cpuUsageMetrics } from "./evaluation/cpu_usage_metrics.ts";
export { cumulativeAccuracyMetrics, cumulativeForgettingMetrics } from "./evaluation/cumulative_accuracy_metrics.ts";
export { defaultEvaluator } from "./evaluation/default_evaluator.ts";
export { diskUsageMetrics } from "./evaluation/disk_usage_metrics.ts";
export type { EvaluatedStrategy } from "./evaluation/evaluated_strategy.ts";
export { EvaluationPlugin } from "./evaluation/evaluation_plugin.ts";
export { bwtMetrics, forgettingMetrics } from "./evaluation/forgetting_metrics.ts";
export { forwardTransferMetrics } from "./evaluation/forward_transfer_metrics.ts";
export { gpuUsageMetrics } from "./evaluation/gpu_usage_metrics.ts";
export { imagesSamplesMetrics } from "./evaluation/images_samples_metrics.ts";
export { labelsRepartitionMetrics } from "./evaluation/labels_repartition_metrics.ts";
export { CSVLogger } from "./evaluation/loggers/csv_logger.ts";
export { InteractiveLogger } from "./evaluation/loggers/interactive_logger.ts";
export { JSONLinesLogger } from "./evaluation/loggers/json_lines_logger.ts";
export type { Logger } from "./evaluation/loggers/logger.ts";
export { TensorBoardLogger } from "./evaluation/loggers/tensorboard_logger.ts";
export { TextLogger } from "./evaluation/loggers/text_logger.ts";
export { lossMetrics } from "./evaluation/loss_metrics.ts";
export { macMetrics } from "./evaluation/mac_metrics.ts";
export { meanScoresMetrics } from "./evaluation/mean_scores_metrics.ts";
export type { ClassCounts, MetricData, MetricImage, WeightSnapshot } from "./evaluation/metric_data.ts";
export type { MetricValue } from "./evaluation/metric_value.ts";
export { Accuracy } from "./evaluation/metrics/accuracy.ts";
export { AccuracyMatrix } from "./evaluation/metrics/accuracy_matrix.ts";
export { AverageMeanClassAccuracy } from "./evaluation/metrics/average_mean_class_accuracy.ts";
export { BackwardTransfer } from "./evaluation/metrics/backward_transfer.ts";
export { ClassAccuracy } from "./evaluation/metrics/class_accuracy.ts";
export { ConfusionMatrix } from "./evaluation/metrics/confusion_matrix.ts";
export { CPUUsage } from "./evaluation/metrics/cpu_usage.ts";
export { CumulativeAccuracy } from "./evaluation/metrics/cumulative_accuracy.ts";
export { DiskUsage } from "./evaluation/metrics/disk_usage.ts";
export { ElapsedTime } from "./evaluation/metrics/elapsed_time.ts";
export { Forgetting } from "./evaluation/metrics/forgetting.ts";
export { ForwardTransfer } from "./evaluation/metrics/forward_transfer.ts";
export { LabelsRepartition } from "./evaluation/metrics/labels_repartition.ts";
export { Loss } from "./evaluation/metrics/loss.ts";
export { MaximumForgetting } from "./evaluation/metrics/maximum_forgetting.ts";
export { Mean } from "./evaluation/metrics/mean.ts";
export { MeanScores } from "./evaluation/metrics/mean_scores.ts";
export type { Metric } from "./evaluation/metrics/metric.ts";
export { countMultiplyAccumulates, MAC } from "./evaluation/metrics/multiply_accumulates.ts";
export { R2 } from "./evaluation/metrics/r_squared.ts";
export { RMSE } from "./evaluation/metrics/root_mean_squared_error.ts";
export { TopKAccuracy } from "./evaluation/metrics/top_k_accuracy.ts";
export { createPluginMetric, createReportingMetric, type PluginMetric } from "./evaluation/plugin_metric.ts";
export { ramUsageMetrics } from "./evaluation/ram_usage_metrics.ts";
export { r2ForgettingMetrics, r2Metrics, rmseForgettingMetrics, rmseMetrics } from "./evaluation/regression_metrics.ts";
export { timingMetrics } from "./evaluation/timing_metrics.ts";
export { topkAccMetrics } from "./evaluation/topk_accuracy_metrics.ts";
export { weightCheckpointMetrics } from "./evaluation/weight_checkpoint_metrics.ts";
export { ClassBalancedBuffer } from "./memory/class_balanced_buffer.ts";
export type { DataLoader } from "./memory/data_loader.ts";
export type { BufferUpdateSource, ExemplarsBuffer } from "./memory/exemplars_buffer.ts";
export { ExperienceBalancedBuffer } from "./memory/experience_balanced_buffer.ts";
export { GroupBalancedDataLoader } from "./memory/group_balanced_data_loader.ts";
export { GroupBalancedInfiniteDataLoader } from "./memory/group_balanced_infinite_data_loader.ts";
export { ParametricBuffer } from "./memory/parametric_buffer.ts";
export { ReplayDataLoader } from "./memory/replay_data_loader.ts";
export { ReservoirSamplingBuffer } from "./memory/reservoir_sampling_buffer.ts";
export {
  ClosestToCenterSelectionStrategy,
  HerdingSelectionStrategy,
  RandomExemplarsSelectionStrategy,
  type SelectionStrategy,
} from "./memory/selection_strategy.ts";
export { SingleDatasetDataLoader } from "./memory/single_dataset_data_loader.ts";
export { TaskBalancedDataLoader } from "./memory/task_balanced_data_loader.ts";
export { type GrowingKind, withGrowingHead } from "./models/growing_classifier.ts";
export { lenet5 } from "./models/lenet5.ts";
export { type MLPVAEOptions, mlpVAE, type VariationalAutoencoder } from "./models/mlp_vae.ts";
export { initializeLikePyTorch } from "./models/model_initialization.ts";
export {
  createModelFromSnapshot,
  flattenWeights,
  type ModelSnapshot,
  restoreWeights,
} from "./models/model_snapshot.ts";
export { type PNNOptions, pnn } from "./models/pnn.ts";
export { simpleCNN } from "./models/simple_cnn.ts";
export { mlp, simpleMLP } from "./models/simple_mlp.ts";
export { slimResNet18 } from "./models/slim_resnet18.ts";
export { checkExport } from "./onnx/export/check_export.ts";
export { evaluateExport, readExportMetadata } from "./onnx/export/evaluate_export.ts";
export { exportModel } from "./onnx/export/export_model.ts";
export type { PredictionHead } from "./onnx/export/prediction_head.ts";
export type { TaskParameters } from "./onnx/export/task_parameters.ts";
export { Adagrad } from "./optimizers/adagrad.ts";
export { Adam, AdamW } from "./optimizers/adam.ts";
export type { Optimizer } from "./optimizers/optimizer.ts";
export { RMSprop } from "./optimizers/rmsprop.ts";
export { SGD } from "./optimizers/sgd.ts";
export { type ReportOptions, writeReport } from "./report/write_report.ts";
export { createTrainingRun, resumeTrainingRun } from "./runs/create_training_run.ts";
export { exportStrategy, type StrategyExport, type StrategyExportOptions } from "./runs/export_strategy.ts";
export type { TrainingRun } from "./runs/training_run.ts";
export type { StreamOptions } from "./streams/benchmark.ts";
export { createClassIncrementalBenchmark } from "./streams/class_incremental.ts";
export { createDatasetBenchmark, type DatasetBenchmarkOptions } from "./streams/dataset_benchmark.ts";
export { type DirectoryOptions, directoryBenchmark } from "./streams/directory_benchmark.ts";
export { createDomainIncrementalBenchmark } from "./streams/domain_incremental.ts";
export type { Benchmark, Experience, LabelNames, Stream } from "./streams/experience.ts";
export { joinExperiences } from "./streams/joint_experience.ts";
export { findOriginNumber } from "./streams/lineage.ts";
export { createLinearDecayStream, type LinearDecayOptions } from "./streams/linear_decay_stream.ts";
export { createNewInstancesBenchmark, type NewInstancesOptions } from "./streams/new_instances.ts";
export {
  createOnlineStream,
  isOnlineExperience,
  type OnlineExperience,
  type OnlineStreamOptions,
} from "./streams/online_experience.ts";
export { permutedMNIST } from "./streams/permuted_mnist.ts";
export { rotatedMNIST } from "./streams/rotated_mnist.ts";
export { splitCIFAR10, splitCIFAR100 } from "./streams/split_cifar.ts";
export { splitValidation, type ValidationSplit } from "./streams/split_experience.ts";
export { splitFashionMNIST, splitMNIST } from "./streams/split_mnist.ts";
export { BaseStrategy, type LastMetrics, type TrainOptions } from "./training/base_strategy.ts";
export { FeCAMClassifier } from "./training/classifiers/fecam_classifier.ts";
export { NCMClassifier } from "./training/classifiers/ncm_classifier.ts";
export { StreamingLDAClassifier } from "./training/classifiers/streaming_lda_classifier.ts";
export type { CombinationRules, Trait } from "./training/combination_rules.ts";
export type { LearningRateSchedule, WarmUp } from "./training/learning_rate_schedule.ts";
export { BCEWithLogitsLoss } from "./training/losses/bce_with_logits_loss.ts";
export { type ClassMask, createClassMask } from "./training/losses/class_mask.ts";
export type { Criterion, CriterionFunction } from "./training/losses/criterion.ts";
export { CrossEntropyLoss, MSELoss } from "./training/losses/cross_entropy_loss.ts";
export type { LossAndGradient } from "./training/losses/loss_and_gradient.ts";
export type { ModelGrowth } from "./training/model_growth.ts";
export { type AGEMOptions, AGEMPlugin } from "./training/plugins/agem_plugin.ts";
export { type BiCOptions, BiCPlugin } from "./training/plugins/bic_plugin.ts";
export { type CoPEOptions, CoPEPlugin } from "./training/plugins/cope_plugin.ts";
export { type CWRStarOptions, CWRStarPlugin } from "./training/plugins/cwr_star_plugin.ts";
export { type DEROptions, DERPlugin } from "./training/plugins/der_plugin.ts";
export { EarlyStoppingPlugin } from "./training/plugins/early_stopping_plugin.ts";
export { type ERACEOptions, ERACEPlugin } from "./training/plugins/er_ace_plugin.ts";
export { type ERAMLOptions, ERAMLPlugin } from "./training/plugins/er_aml_plugin.ts";
export { type EWCOptions, EWCPlugin } from "./training/plugins/ewc_plugin.ts";
export {
  type FeatureDistillationOptions,
  FeatureDistillationPlugin,
} from "./training/plugins/feature_distillation_plugin.ts";
export { type FeatureReplayOptions, FeatureReplayPlugin } from "./training/plugins/feature_replay_plugin.ts";
export { type FeCAMOptions, FeCAMPlugin } from "./training/plugins/fecam_plugin.ts";
export {
  type FromScratchTrainingOptions,
  FromScratchTrainingPlugin,
} from "./training/plugins/from_scratch_training_plugin.ts";
export { type GDumbOptions, GDumbPlugin } from "./training/plugins/gdumb_plugin.ts";
export { type GEMOptions, GEMPlugin } from "./training/plugins/gem_plugin.ts";
export { type GenerativeReplayOptions, GenerativeReplayPlugin } from "./training/plugins/generative_replay_plugin.ts";
export {
  type GradientAccumulationOptions,
  GradientAccumulationPlugin,
} from "./training/plugins/gradient_accumulation_plugin.ts";
export { type GradientClippingOptions, GradientClippingPlugin } from "./training/plugins/gradient_clipping_plugin.ts";
export { type GSSGreedyOptions, GSSGreedyPlugin } from "./training/plugins/gss_greedy_plugin.ts";
export { type ICaRLOptions, ICaRLPlugin } from "./training/plugins/icarl_plugin.ts";
export { type IL2MOptions, IL2MPlugin } from "./training/plugins/il2m_plugin.ts";
export { type LatentReplayOptions, LatentReplayPlugin } from "./training/plugins/latent_replay_plugin.ts";
export { type LFLOptions, LFLPlugin } from "./training/plugins/lfl_plugin.ts";
export { type LossScalingOptions, LossScalingPlugin } from "./training/plugins/loss_scaling_plugin.ts";
export { type LRSchedulerOptions, LRSchedulerPlugin } from "./training/plugins/lr_scheduler_plugin.ts";
export { type LwFOptions, LwFPlugin } from "./training/plugins/lwf_plugin.ts";
export { type MASOptions, MASPlugin } from "./training/plugins/mas_plugin.ts";
export { type MIROptions, MIRPlugin } from "./training/plugins/mir_plugin.ts";
export { type NCMOptions, NCMPlugin } from "./training/plugins/ncm_plugin.ts";
export { type PackNetOptions, PackNetPlugin } from "./training/plugins/pack_net_plugin.ts";
export { type RAROptions, RARPlugin } from "./training/plugins/rar_plugin.ts";
export {
  type ReduceLROnPlateauOptions,
  ReduceLROnPlateauPlugin,
} from "./training/plugins/reduce_lr_on_plateau_plugin.ts";
export { ReplayPlugin } from "./training/plugins/replay_plugin.ts";
export { type RWalkOptions, RWalkPlugin } from "./training/plugins/rwalk_plugin.ts";
export { type SCROptions, SCRPlugin } from "./training/plugins/scr_plugin.ts";
export { type ShrinkAndPerturbOptions, ShrinkAndPerturbPlugin } from "./training/plugins/shrink_and_perturb_plugin.ts";
export {
  type SynapticIntelligenceOptions,
  SynapticIntelligencePlugin,
} from "./training/plugins/synaptic_intelligence_plugin.ts";
export {
  type TrainGeneratorAfterExpOptions,
  TrainGeneratorAfterExpPlugin,
} from "./training/plugins/train_generator_after_exp_plugin.ts";
export { type WeightAveragingOptions, WeightAveragingPlugin } from "./training/plugins/weight_averaging_plugin.ts";
export type { StepPlan } from "./training/step_plan.ts";
export { AGEM } from "./training/strategies/agem.ts";
export { AR1, type AR1Options } from "./training/strategies/ar1.ts";
export { BiC } from "./training/strategies/bic.ts";
export { CoPE } from "./training/strategies/cope.ts";
export { Cumulative } from "./training/strategies/cumulative.ts";
export { CWRStar } from "./training/strategies/cwr_star.ts";
export { DER } from "./training/strategies/der.ts";
export { ER_ACE } from "./training/strategies/er_ace.ts";
export { ER_AML } from "./training/strategies/er_aml.ts";
export { EWC } from "./training/strategies/ewc.ts";
export { FeatureReplay } from "./training/strategies/feature_replay.ts";
export { FromScratchTraining } from "./training/strategies/from_scratch_training.ts";
export { GDumb } from "./training/strategies/gdumb.ts";
export { GEM } from "./training/strategies/gem.ts";
export { GenerativeReplay } from "./training/strategies/generative_replay.ts";
export { GSS_greedy } from "./training/strategies/gss_greedy.ts";
export { ICaRL } from "./training/strategies/icarl.ts";
export { IL2M } from "./training/strategies/il2m.ts";
export { JointTraining } from "./training/strategies/joint_training.ts";
export { LaMAML, type LaMAMLOptions } from "./training/strategies/la_maml.ts";
export { LFL } from "./training/strategies/lfl.ts";
export { LwF } from "./training/strategies/lwf.ts";
export { MAS } from "./training/strategies/mas.ts";
export { MER, type MEROptions } from "./training/strategies/mer.ts";
export { MIR } from "./training/strategies/mir.ts";
export { Naive } from "./training/strategies/naive.ts";
export { PackNet } from "./training/strategies/pack_net.ts";
export { PNNStrategy } from "./training/strategies/pnn_strategy.ts";
export { Replay } from "./training/strategies/replay.ts";
export { RWalk } from "./training/strategies/rwalk.ts";
export { SCR } from "./training/strategies/scr.ts";
export { StreamingLDA } from "./training/strategies/streaming_lda.ts";
export { SynapticIntelligence } from "./training/strategies/synaptic_intelligence.ts";
export { VAETraining, type VAETrainingOptions } from "./training/strategies/vae_training.ts";
export type { StrategyOptions } from "./training/strategy_options.ts";
export {
  type Callback,
  EVAL_CALLBACKS,
  type StrategyPlugin,
  type StrategySetup,
  TRAINING_CALLBACKS,
} from "./training/strategy_plugin.ts";
