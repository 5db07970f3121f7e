import type { DataLoader } from "../../memory/loaders/data_loader.ts";
import { SingleDatasetDataLoader } from "../../memory/loaders/single_dataset_data_loader.ts";
import { TaskBalancedDataLoader } from "../../memory/loaders/task_balanced_data_loader.ts";
import type { LoopAttributes } from "./loop_attributes.ts";

/**
 * Minibatches of the adapted dataset, reshuffled each epoch unless `train` was told not to; with several task labels,
 * each task its share.
 */
export function createTrainLoader(strategy: LoopAttributes): DataLoader {
  const options = {
    batchSize: strategy.trainMbSize,
    shuffle: strategy.shuffle,
    dropLast: strategy.dropLast,
    stream: strategy.randomStreams.get("shuffle"),
  };
  const dataset = strategy.adaptedDataset;
  if (dataset.taskLabels.length > 1) {
    return new TaskBalancedDataLoader({ data: dataset, oversampleSmallTasks: true, ...options });
  }
  return new SingleDatasetDataLoader({ dataset, ...options });
}

/** Minibatches of the adapted dataset in its own order. */
export function createEvalLoader(strategy: LoopAttributes): DataLoader {
  return new SingleDatasetDataLoader({
    dataset: strategy.adaptedDataset,
    batchSize: strategy.evalMbSize,
    shuffle: false,
  });
}
