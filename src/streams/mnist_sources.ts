import { createDataSource, type DataSource } from "../data/data_source.ts";
import { type LabelledImages, loadFashionMNIST, loadMNIST } from "../data/mnist_files.ts";
import type { Transform } from "../data/transform.ts";
import type { StreamOptions } from "./benchmark.ts";
import type { Benchmark } from "./experience.ts";

/** What all benchmarks on MNIST or Fashion-MNIST take. */
export interface MNISTOptions extends StreamOptions {
  readonly experiences?: number | undefined;
  /** Experience i carries the task label i; false unless given. */
  readonly taskLabels?: boolean | undefined;
  /** False: pixels are divided by 255 and no more; true unless given. */
  readonly normalize?: boolean | undefined;
  /** Folder with the four idx files; left out: the installed package. */
  readonly folder?: string | undefined;
}

/** The two data sources of a data set of images, and what their transforms come to. */
export interface ImageSources {
  readonly train: DataSource;
  readonly test: DataSource;
  readonly normalization: Benchmark["normalization"];
}

/** MNIST as [28, 28, 1], divided by 255 and normalised with mean 0.1307 and standard deviation 0.3081. */
export async function createMNISTSources({ folder, normalize = true }: MNISTOptions): Promise<ImageSources> {
  const { train, test } = await loadMNIST({ folder });
  return createImageSources("mnist", { train, test }, normalize ? { mean: [0.1307], std: [0.3081] } : undefined);
}

/** Fashion-MNIST as [28, 28, 1], divided by 255 and normalised with mean 0.286 and standard deviation 0.353. */
export async function createFashionMNISTSources({ folder, normalize = true }: MNISTOptions): Promise<ImageSources> {
  const { train, test } = await loadFashionMNIST({ folder });
  return createImageSources("fashion-mnist", { train, test }, normalize ? { mean: [0.286], std: [0.353] } : undefined);
}

function createImageSources(
  name: string,
  parts: { readonly train: LabelledImages; readonly test: LabelledImages },
  statistics: { readonly mean: readonly number[]; readonly std: readonly number[] } | undefined,
): ImageSources {
  const scale = 1 / 255;
  const transforms: Transform[] = [{ kind: "scale", factor: scale, offset: 0 }];
  if (statistics) transforms.push({ kind: "normalize", ...statistics });
  const createSource = (part: string, { images, labels, height, width }: LabelledImages): DataSource =>
    createDataSource({
      name: `${name} ${part}`,
      x: images,
      y: labels,
      sampleShape: [height, width, 1],
      taskLabel: 0,
      transforms,
    });
  return {
    train: createSource("train", parts.train),
    test: createSource("test", parts.test),
    normalization: { scale, mean: statistics?.mean ?? [], std: statistics?.std ?? [] },
  };
}
