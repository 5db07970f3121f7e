import { createDataSource, type DataSource } from "../../data/data_source.ts";
import type { LabelledImages } from "../../data/readers/labelled_images.ts";
import type { Augmentation } from "../../data/transforms/augmentation.ts";
import type { Transform } from "../../data/transforms/transform.ts";
import type { Benchmark } from "../experience.ts";

/** The two data sources of a data set of images, and what their transforms come to. */
export interface ImageSources {
  readonly train: DataSource;
  readonly test: DataSource;
  readonly normalization: Benchmark["normalization"];
}

/** What is done to images before a model sees them. */
export interface ImagePreparation {
  /** One mean and one deviation a channel; none leaves images divided by 255. */
  readonly statistics: { readonly mean: readonly number[]; readonly std: readonly number[] } | undefined;
  /** For the train source alone. */
  readonly augmentation: Augmentation | null | undefined;
}

/**
 * The sources "NAME train" and "NAME test": bytes divided by 255 and, where there are statistics, normalised by
 * channel.
 */
export function createImageSources(
  name: string,
  parts: { readonly train: LabelledImages; readonly test: LabelledImages },
  { statistics, augmentation }: ImagePreparation,
): ImageSources {
  const scale = 1 / 255;
  const transforms: Transform[] = [{ kind: "scale", factor: scale, offset: 0 }];
  if (statistics) transforms.push({ kind: "normalize", ...statistics });
  const createSource = (part: string, { images, labels, height, width, channels }: LabelledImages): DataSource =>
    createDataSource({
      name: `${name} ${part}`,
      x: images,
      y: labels,
      sampleShape: [height, width, channels],
      taskLabel: 0,
      transforms,
      augmentation: part === "train" && augmentation ? augmentation : undefined,
    });
  return {
    train: createSource("train", parts.train),
    test: createSource("test", parts.test),
    normalization: { scale, mean: statistics?.mean ?? [], std: statistics?.std ?? [] },
  };
}
