/**
 * Firn: a trainer for models that keep learning from a stream of experiences without forgetting, data-parallel over
 * Worker replicas, which hands over an ONNX file after every experience.
 * @module
 */

export type { ClusterOptions } from "./cluster/cluster_options.ts";
export type { StepResult } from "./cluster/compute_request.ts";
export { createQuadraticPenalty, type QuadraticPenalty } from "./cluster/penalty.ts";
export { RangeRefusal, RefusalError, SyntaxRefusal, TypeRefusal } from "./core/errors/errors.ts";
export type { HostTensor } from "./core/host_tensor.ts";
export type { ParameterEntry, ParameterLayout } from "./core/parameter_layout.ts";
export { RandomStream, RandomStreams } from "./core/random_stream.ts";
export { createSharedFloat32, createSharedInt32, createSharedUint8 } from "./core/shared_memory.ts";
export { writeAtomically } from "./core/write_atomically.ts";
export { type ArrayDatasetOptions, createArrayDataset } from "./data/array_dataset.ts";
export { createDataSource, type DataSource } from "./data/data_source.ts";
export { Dataset, type SampleReferences } from "./data/dataset.ts";
export type { ImageLayout } from "./data/images/image_layout.ts";
export { readSamples } from "./data/read_samples.ts";
export { type CIFARFiles, loadCIFAR10, loadCIFAR100 } from "./data/readers/cifar_files.ts";
export { readIdxImages, readIdxLabels } from "./data/readers/idx_reader.ts";
export { loadFashionMNIST, loadMNIST } from "./data/readers/mnist_files.ts";
export type { Augmentation } from "./data/transforms/augmentation.ts";
export type { Transform } from "./data/transforms/transform.ts";
export { createEngine } from "./engine/create_engine.ts";
export type { Engine } from "./engine/engine.ts";
export type { EngineChoice } from "./engine/engine_kind.ts";
export { GaussianSampling } from "./engine/tfjs/layers/gaussian_sampling.ts";
export { IncrementalClassifier } from "./engine/tfjs/layers/incremental_classifier.ts";
export { MultiHeadClassifier } from "./engine/tfjs/layers/multi_head_classifier.ts";
export { ProgressiveNetwork } from "./engine/tfjs/layers/progressive_network.ts";
export { Subtract } from "./engine/tfjs/layers/subtract.ts";
export { formatAccuracyMatrixCsv, summarizeAccuracyMatrix } from "./evaluation/continual_measures.ts";
export { defaultEvaluator } from "./evaluation/default_evaluator.ts";
export type { EvaluatedStrategy } from "./evaluation/evaluated_strategy.ts";
export { EvaluationPlugin } from "./evaluation/evaluation_plugin.ts";
export { CSVLogger } from "./evaluation/loggers/csv_logger.ts";
export { InteractiveLogger } from "./evaluation/loggers/interactive_logger.ts";
export { JSONLinesLogger } from "./evaluation/loggers/json_lines_logger.ts";
export type { Logger } from "./evaluation/loggers/logger.ts";
export { TensorBoardLogger } from "./evaluation/loggers/tensorboard_logger.ts";
export { TextLogger } from "./evaluation/loggers/text_logger.ts";
export type { ClassCounts, MetricData, MetricImage, WeightSnapshot } from "./evaluation/metric_data.ts";
export type { MetricValue } from "./evaluation/metric_value.ts";
export { Accuracy } from "./evaluation/metrics/accuracy/accuracy.ts";
export { AccuracyMatrix } from "./evaluation/metrics/accuracy/accuracy_matrix.ts";
export { accuracyMatrixMetrics } from "./evaluation/metrics/accuracy/accuracy_matrix_metrics.ts";
export { accuracyMetrics } from "./evaluation/metrics/accuracy/accuracy_metrics.ts";
export { amcaMetrics } from "./evaluation/metrics/accuracy/amca_metrics.ts";
export { AverageMeanClassAccuracy } from "./evaluation/metrics/accuracy/average_mean_class_accuracy.ts";
export { ClassAccuracy } from "./evaluation/metrics/accuracy/class_accuracy.ts";
export { classAccuracyMetrics } from "./evaluation/metrics/accuracy/class_accuracy_metrics.ts";
export { CumulativeAccuracy } from "./evaluation/metrics/accuracy/cumulative_accuracy.ts";
export {
  cumulativeAccuracyMetrics,
  cumulativeForgettingMetrics,
} from "./evaluation/metrics/accuracy/cumulative_accuracy_metrics.ts";
export { TopKAccuracy } from "./evaluation/metrics/accuracy/top_k_accuracy.ts";
export { topkAccMetrics } from "./evaluation/metrics/accuracy/topk_accuracy_metrics.ts";
export { Loss } from "./evaluation/metrics/loss/loss.ts";
export { lossMetrics } from "./evaluation/metrics/loss/loss_metrics.ts";
export { R2 } from "./evaluation/metrics/loss/r_squared.ts";
export {
  r2ForgettingMetrics,
  r2Metrics,
  rmseForgettingMetrics,
  rmseMetrics,
} from "./evaluation/metrics/loss/regression_metrics.ts";
export { RMSE } from "./evaluation/metrics/loss/root_mean_squared_error.ts";
export { Mean } from "./evaluation/metrics/mean.ts";
export type { Metric } from "./evaluation/metrics/metric.ts";
export { ConfusionMatrix } from "./evaluation/metrics/outputs/confusion_matrix.ts";
export { confusionMatrixMetrics } from "./evaluation/metrics/outputs/confusion_matrix_metrics.ts";
export { imagesSamplesMetrics } from "./evaluation/metrics/outputs/images_samples_metrics.ts";
export { LabelsRepartition } from "./evaluation/metrics/outputs/labels_repartition.ts";
export { labelsRepartitionMetrics } from "./evaluation/metrics/outputs/labels_repartition_metrics.ts";
export { MeanScores } from "./evaluation/metrics/outputs/mean_scores.ts";
export { meanScoresMetrics } from "./evaluation/metrics/outputs/mean_scores_metrics.ts";
export { CPUUsage } from "./evaluation/metrics/resources/cpu_usage.ts";
export { cpuUsageMetrics } from "./evaluation/metrics/resources/cpu_usage_metrics.ts";
export { DiskUsage } from "./evaluation/metrics/resources/disk_usage.ts";
export { diskUsageMetrics } from "./evaluation/metrics/resources/disk_usage_metrics.ts";
export { ElapsedTime } from "./evaluation/metrics/resources/elapsed_time.ts";
export { gpuUsageMetrics } from "./evaluation/metrics/resources/gpu_usage_metrics.ts";
export { macMetrics } from "./evaluation/metrics/resources/mac_metrics.ts";
export { countMultiplyAccumulates, MAC } from "./evaluation/metrics/resources/multiply_accumulates.ts";
export { ramUsageMetrics } from "./evaluation/metrics/resources/ram_usage_metrics.ts";
export { timingMetrics } from "./evaluation/metrics/resources/timing_metrics.ts";
export { weightCheckpointMetrics } from "./evaluation/metrics/resources/weight_checkpoint_metrics.ts";
export { BackwardTransfer } from "./evaluation/metrics/transfer/backward_transfer.ts";
export { Forgetting } from "./evaluation/metrics/transfer/forgetting.ts";
export { bwtMetrics, forgettingMetrics } from "./evaluation/metrics/transfer/forgetting_metrics.ts";
export { ForwardTransfer } from "./evaluation/metrics/transfer/forward_transfer.ts";
export { forwardTransferMetrics } from "./evaluation/metrics/transfer/forward_transfer_metrics.ts";
export { MaximumForgetting } from "./evaluation/metrics/transfer/maximum_forgetting.ts";
export { createPluginMetric, createReportingMetric, type PluginMetric } from "./evaluation/plugin_metric.ts";
export { ClassBalancedBuffer } from "./memory/buffers/class_balanced_buffer.ts";
export type { BufferUpdateSource, ExemplarsBuffer } from "./memory/buffers/exemplars_buffer.ts";
export { ExperienceBalancedBuffer } from "./memory/buffers/experience_balanced_buffer.ts";
export { ParametricBuffer } from "./memory/buffers/parametric_buffer.ts";
export { ReservoirSamplingBuffer } from "./memory/buffers/reservoir_sampling_buffer.ts";
export type { DataLoader } from "./memory/loaders/data_loader.ts";
export { GroupBalancedDataLoader } from "./memory/loaders/group_balanced_data_loader.ts";
export { GroupBalancedInfiniteDataLoader } from "./memory/loaders/group_balanced_infinite_data_loader.ts";
export { ReplayDataLoader } from "./memory/loaders/replay_data_loader.ts";
export { SingleDatasetDataLoader } from "./memory/loaders/single_dataset_data_loader.ts";
export { TaskBalancedDataLoader } from "./memory/loaders/task_balanced_data_loader.ts";
export {
  ClosestToCenterSelectionStrategy,
  HerdingSelectionStrategy,
  RandomExemplarsSelectionStrategy,
  type SelectionStrategy,
} from "./memory/selection/selection_strategy.ts";
export { AGEM } from "./methods/agem/agem.ts";
export { type AGEMOptions, AGEMPlugin } from "./methods/agem/agem_plugin.ts";
export { AR1, type AR1Options } from "./methods/ar1/ar1.ts";
export { BiC } from "./methods/bic/bic.ts";
export { type BiCOptions, BiCPlugin } from "./methods/bic/bic_plugin.ts";
export { CoPE } from "./methods/cope/cope.ts";
export { type CoPEOptions, CoPEPlugin } from "./methods/cope/cope_plugin.ts";
export { Cumulative } from "./methods/cumulative/cumulative.ts";
export { CWRStar } from "./methods/cwr_star/cwr_star.ts";
export { type CWRStarOptions, CWRStarPlugin } from "./methods/cwr_star/cwr_star_plugin.ts";
export { DER } from "./methods/der/der.ts";
export { type DEROptions, DERPlugin } from "./methods/der/der_plugin.ts";
export { EarlyStoppingPlugin } from "./methods/early_stopping/early_stopping_plugin.ts";
export { ER_ACE } from "./methods/er_ace/er_ace.ts";
export { type ERACEOptions, ERACEPlugin } from "./methods/er_ace/er_ace_plugin.ts";
export { ER_AML } from "./methods/er_aml/er_aml.ts";
export { type ERAMLOptions, ERAMLPlugin } from "./methods/er_aml/er_aml_plugin.ts";
export { EWC } from "./methods/ewc/ewc.ts";
export { type EWCOptions, EWCPlugin } from "./methods/ewc/ewc_plugin.ts";
export {
  type FeatureDistillationOptions,
  FeatureDistillationPlugin,
} from "./methods/feature_distillation/feature_distillation_plugin.ts";
export { FeatureReplay } from "./methods/feature_replay/feature_replay.ts";
export { type FeatureReplayOptions, FeatureReplayPlugin } from "./methods/feature_replay/feature_replay_plugin.ts";
export { FeCAMClassifier } from "./methods/fecam/fecam_classifier.ts";
export { type FeCAMOptions, FeCAMPlugin } from "./methods/fecam/fecam_plugin.ts";
export { FromScratchTraining } from "./methods/from_scratch_training/from_scratch_training.ts";
export {
  type FromScratchTrainingOptions,
  FromScratchTrainingPlugin,
} from "./methods/from_scratch_training/from_scratch_training_plugin.ts";
export { GDumb } from "./methods/gdumb/gdumb.ts";
export { type GDumbOptions, GDumbPlugin } from "./methods/gdumb/gdumb_plugin.ts";
export { GEM } from "./methods/gem/gem.ts";
export { type GEMOptions, GEMPlugin } from "./methods/gem/gem_plugin.ts";
export { GenerativeReplay } from "./methods/generative_replay/generative_replay.ts";
export {
  type GenerativeReplayOptions,
  GenerativeReplayPlugin,
} from "./methods/generative_replay/generative_replay_plugin.ts";
export {
  type TrainGeneratorAfterExpOptions,
  TrainGeneratorAfterExpPlugin,
} from "./methods/generative_replay/train_generator_after_exp_plugin.ts";
export { VAETraining, type VAETrainingOptions } from "./methods/generative_replay/vae_training.ts";
export {
  type GradientAccumulationOptions,
  GradientAccumulationPlugin,
} from "./methods/gradient_accumulation/gradient_accumulation_plugin.ts";
export {
  type GradientClippingOptions,
  GradientClippingPlugin,
} from "./methods/gradient_clipping/gradient_clipping_plugin.ts";
export { GSS_greedy } from "./methods/gss_greedy/gss_greedy.ts";
export { type GSSGreedyOptions, GSSGreedyPlugin } from "./methods/gss_greedy/gss_greedy_plugin.ts";
export { ICaRL } from "./methods/icarl/icarl.ts";
export { type ICaRLOptions, ICaRLPlugin } from "./methods/icarl/icarl_plugin.ts";
export { IL2M } from "./methods/il2m/il2m.ts";
export { type IL2MOptions, IL2MPlugin } from "./methods/il2m/il2m_plugin.ts";
export { JointTraining } from "./methods/joint_training/joint_training.ts";
export { LaMAML, type LaMAMLOptions } from "./methods/la_maml/la_maml.ts";
export { type LatentReplayOptions, LatentReplayPlugin } from "./methods/latent_replay/latent_replay_plugin.ts";
export { LFL } from "./methods/lfl/lfl.ts";
export { type LFLOptions, LFLPlugin } from "./methods/lfl/lfl_plugin.ts";
export { type LossScalingOptions, LossScalingPlugin } from "./methods/loss_scaling/loss_scaling_plugin.ts";
export type { LearningRateSchedule, WarmUp } from "./methods/lr_scheduler/learning_rate_schedule.ts";
export { type LRSchedulerOptions, LRSchedulerPlugin } from "./methods/lr_scheduler/lr_scheduler_plugin.ts";
export {
  type ReduceLROnPlateauOptions,
  ReduceLROnPlateauPlugin,
} from "./methods/lr_scheduler/reduce_lr_on_plateau_plugin.ts";
export { LwF } from "./methods/lwf/lwf.ts";
export { type LwFOptions, LwFPlugin } from "./methods/lwf/lwf_plugin.ts";
export { MAS } from "./methods/mas/mas.ts";
export { type MASOptions, MASPlugin } from "./methods/mas/mas_plugin.ts";
export { MER, type MEROptions } from "./methods/mer/mer.ts";
export { MIR } from "./methods/mir/mir.ts";
export { type MIROptions, MIRPlugin } from "./methods/mir/mir_plugin.ts";
export { Naive } from "./methods/naive/naive.ts";
export { type NCMOptions, NCMPlugin } from "./methods/ncm/ncm_plugin.ts";
export { PackNet } from "./methods/pack_net/pack_net.ts";
export { type PackNetOptions, PackNetPlugin } from "./methods/pack_net/pack_net_plugin.ts";
export { PNNStrategy } from "./methods/pnn/pnn_strategy.ts";
export { type RAROptions, RARPlugin } from "./methods/rar/rar_plugin.ts";
export { Replay } from "./methods/replay/replay.ts";
export { ReplayPlugin } from "./methods/replay/replay_plugin.ts";
export { RWalk } from "./methods/rwalk/rwalk.ts";
export { type RWalkOptions, RWalkPlugin } from "./methods/rwalk/rwalk_plugin.ts";
export { SCR } from "./methods/scr/scr.ts";
export { type SCROptions, SCRPlugin } from "./methods/scr/scr_plugin.ts";
export { NCMClassifier } from "./methods/shared/classifiers/ncm_classifier.ts";
export {
  type ShrinkAndPerturbOptions,
  ShrinkAndPerturbPlugin,
} from "./methods/shrink_and_perturb/shrink_and_perturb_plugin.ts";
export { StreamingLDA } from "./methods/streaming_lda/streaming_lda.ts";
export { StreamingLDAClassifier } from "./methods/streaming_lda/streaming_lda_classifier.ts";
export { SynapticIntelligence } from "./methods/synaptic_intelligence/synaptic_intelligence.ts";
export {
  type SynapticIntelligenceOptions,
  SynapticIntelligencePlugin,
} from "./methods/synaptic_intelligence/synaptic_intelligence_plugin.ts";
export {
  type WeightAveragingOptions,
  WeightAveragingPlugin,
} from "./methods/weight_averaging/weight_averaging_plugin.ts";
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
export { createClassIncrementalBenchmark } from "./streams/benchmarks/class_incremental.ts";
export { createDatasetBenchmark, type DatasetBenchmarkOptions } from "./streams/benchmarks/dataset_benchmark.ts";
export { type DirectoryOptions, directoryBenchmark } from "./streams/benchmarks/directory_benchmark.ts";
export { createDomainIncrementalBenchmark } from "./streams/benchmarks/domain_incremental.ts";
export { createNewInstancesBenchmark, type NewInstancesOptions } from "./streams/benchmarks/new_instances.ts";
export { permutedMNIST } from "./streams/benchmarks/permuted_mnist.ts";
export { rotatedMNIST } from "./streams/benchmarks/rotated_mnist.ts";
export { splitCIFAR10, splitCIFAR100 } from "./streams/benchmarks/split_cifar.ts";
export { splitFashionMNIST, splitMNIST } from "./streams/benchmarks/split_mnist.ts";
export type { Benchmark, Experience, LabelNames, Stream } from "./streams/experience.ts";
export { joinExperiences } from "./streams/joint_experience.ts";
export { findOriginNumber } from "./streams/lineage.ts";
export { createLinearDecayStream, type LinearDecayOptions } from "./streams/linear_decay_stream.ts";
export {
  createOnlineStream,
  isOnlineExperience,
  type OnlineExperience,
  type OnlineStreamOptions,
} from "./streams/online_experience.ts";
export { splitValidation, type ValidationSplit } from "./streams/split_experience.ts";
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
export { BCEWithLogitsLoss } from "./training/losses/bce_with_logits_loss.ts";
export { type ClassMask, createClassMask } from "./training/losses/class_mask.ts";
export type { Criterion, CriterionFunction } from "./training/losses/criterion.ts";
export { CrossEntropyLoss, MSELoss } from "./training/losses/cross_entropy_loss.ts";
export type { LossAndGradient } from "./training/losses/loss_and_gradient.ts";
export type { ModelGrowth } from "./training/model/model_growth.ts";
