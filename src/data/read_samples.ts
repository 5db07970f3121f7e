import { countElements, type HostTensor } from "../core/host_tensor.ts";
import { assertOptions } from "../core/options/assert_options.ts";
import type { Dataset } from "./dataset.ts";
import { gatherSamples } from "./gather.ts";
import { AUGMENTATION_KEY_RULES, type AugmentationKey } from "./transforms/augmentation.ts";

/**
 * All samples of a dataset as the model sees them, [N, …sampleShape], transformed. The caller owns the result.
 * @param augmentation With a key, as that training iteration sees them.
 */
export function readSamples(dataset: Dataset, augmentation?: AugmentationKey): HostTensor {
  if (augmentation !== undefined) assertOptions("readSamples", augmentation, AUGMENTATION_KEY_RULES);
  const source = dataset.sources.get(dataset.references.sourceIds[0] ?? -1);
  const sampleShape = source?.sampleShape ?? [0];
  const data = new Float32Array(dataset.length * countElements(sampleShape));
  gatherSamples(dataset.sources, dataset.references, { start: 0, end: dataset.length }, data, augmentation);
  return { data, shape: [dataset.length, ...sampleShape] };
}
