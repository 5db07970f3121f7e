import { findOrCreate } from "../../../core/find_or_create.ts";
import type { HostTensor } from "../../../core/host_tensor.ts";
import type { Dataset } from "../../../data/dataset.ts";
import { groupTaskClasses } from "../../../data/task_classes.ts";
import type { BaseStrategy } from "../../../training/loop/base_strategy.ts";
import type { FeaturesByTask } from "./task_classifiers.ts";

/**
 * The features of samples by task label and class, from the model as it is now.
 * @param layerName The layer whose answers they are. Default: the one before the last.
 */
export async function extractByTask(
  strategy: BaseStrategy,
  samples: Dataset,
  layerName?: string,
): Promise<FeaturesByTask> {
  const features = new Map<number, Map<number, HostTensor>>();
  for (const { task, id, positions } of groupTaskClasses(samples)) {
    const ofTask = findOrCreate(features, task, () => new Map<number, HostTensor>());
    ofTask.set(id, await strategy.extractFeatures(samples.subset(positions), layerName));
  }
  return features;
}
