/**
 * Buffers of past samples, how samples are selected, and data loaders: `firn/memory`.
 * @module
 */

export { ClassBalancedBuffer } from "./memory/buffers/class_balanced_buffer.ts";
export type {
  BalancedState,
  BufferState,
  BufferUpdateSource,
  ExemplarsBuffer,
  ParametricState,
  ReservoirState,
} from "./memory/buffers/exemplars_buffer.ts";
export { ExperienceBalancedBuffer } from "./memory/buffers/experience_balanced_buffer.ts";
export type { LatentMemory } from "./memory/buffers/latent_memory.ts";
export { ParametricBuffer } from "./memory/buffers/parametric_buffer.ts";
export { ReservoirSamplingBuffer } from "./memory/buffers/reservoir_sampling_buffer.ts";
export type { MemoryOptions } from "./memory/buffers/resolve_storage_policy.ts";
export type { DataLoader } from "./memory/loaders/data_loader.ts";
export { GroupBalancedDataLoader } from "./memory/loaders/group_balanced_data_loader.ts";
export { GroupBalancedInfiniteDataLoader } from "./memory/loaders/group_balanced_infinite_data_loader.ts";
export { ReplayDataLoader } from "./memory/loaders/replay_data_loader.ts";
export { SingleDatasetDataLoader } from "./memory/loaders/single_dataset_data_loader.ts";
export { TaskBalancedDataLoader } from "./memory/loaders/task_balanced_data_loader.ts";
export type { ScoredSamples } from "./memory/selection/scored_samples.ts";
export {
  ClosestToCenterSelectionStrategy,
  HerdingSelectionStrategy,
  RandomExemplarsSelectionStrategy,
  type SelectionStrategy,
} from "./memory/selection/selection_strategy.ts";
