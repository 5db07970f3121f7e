import { loadFashionMNIST, loadMNIST } from "../../data/readers/mnist_files.ts";
import type { ImageOptions } from "./image_options.ts";
import { createImageSources, type ImageSources } from "./image_sources.ts";

/** What all benchmarks on MNIST or Fashion-MNIST take. */
export type MNISTOptions = ImageOptions;

/** MNIST as [28, 28, 1], divided by 255 and normalised with mean 0.1307 and standard deviation 0.3081. */
export async function createMNISTSources({
  folder,
  normalize = true,
  augmentation,
}: MNISTOptions): Promise<ImageSources> {
  const { train, test } = await loadMNIST({ folder });
  return createImageSources(
    "mnist",
    { train, test },
    { statistics: normalize ? { mean: [0.1307], std: [0.3081] } : undefined, augmentation },
  );
}

/** Fashion-MNIST as [28, 28, 1], divided by 255 and normalised with mean 0.286 and standard deviation 0.353. */
export async function createFashionMNISTSources({
  folder,
  normalize = true,
  augmentation,
}: MNISTOptions): Promise<ImageSources> {
  const { train, test } = await loadFashionMNIST({ folder });
  return createImageSources(
    "fashion-mnist",
    { train, test },
    { statistics: normalize ? { mean: [0.286], std: [0.353] } : undefined, augmentation },
  );
}
