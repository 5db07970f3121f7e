export type { DirectoryOptions } from "./streams/benchmarks/directory/directory_options.ts";
export type {
  DealtScenario,
  ImageOptions,
  RotatedMNISTOptions,
  SplitImageOptions,
} from "./streams/benchmarks/image_options.ts";

/**
 * Benchmarks, streams and experiences: `firn/benchmarks`.
 * @module
 */

export { countTargets, readTargetForm } from "./streams/benchmark_targets.ts";
export type { ClassesPerExperience } from "./streams/benchmarks/class_counts.ts";
export { createClassIncrementalBenchmark } from "./streams/benchmarks/class_incremental.ts";
export type { ClassIncrementalOptions } from "./streams/benchmarks/class_incremental_options.ts";
export { createDatasetBenchmark, type DatasetBenchmarkOptions } from "./streams/benchmarks/dataset_benchmark.ts";
export type { DealtOptions } from "./streams/benchmarks/dealt_options.ts";
export { directoryBenchmark } from "./streams/benchmarks/directory/directory_benchmark.ts";
export {
  createDomainIncrementalBenchmark,
  type Domain,
  type DomainIncrementalOptions,
} from "./streams/benchmarks/domain_incremental.ts";
export type { MNISTOptions } from "./streams/benchmarks/mnist_sources.ts";
export { createNewInstancesBenchmark } from "./streams/benchmarks/new_instances.ts";
export type { NewInstancesOptions } from "./streams/benchmarks/new_instances_options.ts";
export { permutedMNIST } from "./streams/benchmarks/permuted_mnist.ts";
export { rotatedMNIST } from "./streams/benchmarks/rotated_mnist.ts";
export { splitCIFAR10, splitCIFAR100 } from "./streams/benchmarks/split_cifar.ts";
export { type SplitMNISTOptions, splitFashionMNIST, splitMNIST } from "./streams/benchmarks/split_mnist.ts";
export type { Benchmark, Experience, LabelNames, Stream } from "./streams/experience.ts";
export { createGrowingStream, type GrowingStream, type GrowingStreamOptions } from "./streams/growing_stream.ts";
export { joinExperiences } from "./streams/joint_experience.ts";
export { findOriginNumber } from "./streams/lineage.ts";
export { createLinearDecayStream, type LinearDecayOptions } from "./streams/linear_decay_stream.ts";
export {
  createOnlineStream,
  isOnlineExperience,
  type OnlineExperience,
  type OnlineStreamOptions,
} from "./streams/online_experience.ts";
export { type SplitOptions, splitValidation } from "./streams/split_experience.ts";
export type { StreamOf } from "./streams/stream.ts";
export type { StreamOptions } from "./streams/stream_options.ts";
export type { ValidationHalves, ValidationSplit } from "./streams/validation_splits.ts";
