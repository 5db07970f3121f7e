import { assertOptions } from "../../core/options/assert_options.ts";
import { loadCIFAR10, loadCIFAR100 } from "../../data/readers/cifar_files.ts";
import type { Augmentation } from "../../data/transforms/augmentation.ts";
import type { Benchmark } from "../experience.ts";
import { SPLIT_IMAGE_OPTIONS, type SplitImageOptions } from "./image_options.ts";
import { createImageSources, type ImagePreparation } from "./image_sources.ts";
import { splitImageSources } from "./split_image_sources.ts";

/** Means and standard deviations of the channels over the train images, as Avalanche uses them. */
const CIFAR10_STATISTICS = { mean: [0.4914, 0.4822, 0.4465], std: [0.2023, 0.1994, 0.201] };
const CIFAR100_STATISTICS = { mean: [0.5071, 0.4865, 0.4409], std: [0.2673, 0.2564, 0.2762] };
/** The usual one, and Avalanche's. */
const CIFAR_AUGMENTATION: Augmentation = { cropPadding: 4, flip: true };

/**
 * CIFAR-10's ten classes dealt to 5 experiences, or as many as asked for; images are [32, 32, 3], divided by 255 and
 * normalised, and cropped and mirrored at random in training unless `augmentation` says otherwise. `folder` holds the
 * files of its binary version.
 * @throws {Error} If a file is missing; the message says which are wanted. {RangeError} If an option is out of range.
 */
export async function splitCIFAR10(options: SplitImageOptions): Promise<Benchmark> {
  assertOptions("splitCIFAR10", options, SPLIT_IMAGE_OPTIONS);
  const files = await loadCIFAR10({ folder: options.folder });
  const sources = createImageSources("cifar10", files, prepare(options, CIFAR10_STATISTICS));
  return splitImageSources("split-cifar10", sources, { ...options, numClasses: 10 });
}

/**
 * CIFAR-100's hundred fine classes dealt to 10 experiences, or as many as asked for; images are [32, 32, 3], divided by
 * 255 and normalised, and cropped and mirrored at random in training unless `augmentation` says otherwise. `folder`
 * holds the files of its binary version.
 * @throws {Error} If a file is missing; the message says which are wanted. {RangeError} If an option is out of range.
 */
export async function splitCIFAR100(options: SplitImageOptions): Promise<Benchmark> {
  assertOptions("splitCIFAR100", options, SPLIT_IMAGE_OPTIONS);
  const isCounted = Array.isArray(options.classesPerExperience) || options.fixedExperienceAssignment !== undefined;
  const { experiences = isCounted ? undefined : 10 } = options;
  const files = await loadCIFAR100({ folder: options.folder });
  const sources = createImageSources("cifar100", files, prepare(options, CIFAR100_STATISTICS));
  return splitImageSources("split-cifar100", sources, { ...options, experiences, numClasses: 100 });
}

function prepare(
  { normalize = true, augmentation = CIFAR_AUGMENTATION }: SplitImageOptions,
  statistics: typeof CIFAR10_STATISTICS,
): ImagePreparation {
  return { statistics: normalize ? statistics : undefined, augmentation };
}
