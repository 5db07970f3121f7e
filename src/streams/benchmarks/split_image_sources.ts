import { Dataset } from "../../data/dataset.ts";
import type { Benchmark } from "../experience.ts";
import { dealDatasets } from "./deal_datasets.ts";
import type { SplitImageOptions } from "./image_options.ts";
import type { ImageSources } from "./image_sources.ts";

/**
 * Deals a data set's classes, or its samples, to 5 experiences, or as many as asked for.
 * @throws {RangeError} If an option is out of range or does not go with the scenario.
 */
export function splitImageSources(
  name: string,
  { train, test, normalization }: ImageSources,
  options: SplitImageOptions & { readonly numClasses: number },
): Benchmark {
  return dealDatasets({
    ...options,
    name,
    train: Dataset.fromSource(train),
    test: Dataset.fromSource(test),
    sampleShape: train.sampleShape,
    normalization,
  });
}
