/**
 * Buffers of past samples, how samples are selected, and data loaders: `firn/memory`.
 * @module
 */

export { ClassBalancedBuffer, type ClassBalancedBufferOptions } from "./memory/buffers/class_balanced_buffer.ts";
export type { BufferUpdateSource, ExemplarsBuffer } from "./memory/buffers/exemplars_buffer.ts";
export {
  ExperienceBalancedBuffer,
  type ExperienceBalancedBufferOptions,
} from "./memory/buffers/experience_balanced_buffer.ts";
export type { LatentMemory } from "./memory/buffers/latent_memory.ts";
export { ParametricBuffer, type ParametricBufferOptions } from "./memory/buffers/parametric_buffer.ts";
export { ReservoirSamplingBuffer } from "./memory/buffers/reservoir_sampling_buffer.ts";
export type { StoragePolicyName } from "./memory/buffers/storage_policies.ts";
export type { DataLoader, DataLoaderOptions } from "./memory/loaders/data_loader.ts";
export {
  GroupBalancedDataLoader,
  type GroupBalancedDataLoaderOptions,
} from "./memory/loaders/group_balanced_data_loader.ts";
export {
  GroupBalancedInfiniteDataLoader,
  type GroupBalancedInfiniteDataLoaderOptions,
} from "./memory/loaders/group_balanced_infinite_data_loader.ts";
export { ReplayDataLoader, type ReplayDataLoaderOptions } from "./memory/loaders/replay_data_loader.ts";
export {
  SingleDatasetDataLoader,
  type SingleDatasetDataLoaderOptions,
} from "./memory/loaders/single_dataset_data_loader.ts";
export {
  TaskBalancedDataLoader,
  type TaskBalancedDataLoaderOptions,
} from "./memory/loaders/task_balanced_data_loader.ts";
export type { ScoredSamples } from "./memory/selection/scored_samples.ts";
export {
  ClosestToCenterSelectionStrategy,
  type FeatureOptions,
  HerdingSelectionStrategy,
  RandomExemplarsSelectionStrategy,
  type SelectionStrategy,
} from "./memory/selection/selection_strategy.ts";
