import type { LabelledImages } from "../../../src/data/readers/labelled_images.ts";
import { loadMNIST } from "../../../src/data/readers/mnist_files.ts";
import { splitMNIST } from "../../../src/streams/benchmarks/split_mnist.ts";

/** Values of a digit. */
export const PIXELS = 784;

/** Digits in the order in which they come. */
export interface ToldDigits {
  /** [rows, 784], 0 to 255. */
  readonly images: Uint8Array;
  /** [rows] */
  readonly labels: readonly number[];
}

/** Which of MNIST's digits are told. */
export interface ToldOptions {
  readonly experiences: number;
  /** Seeds the order of the classes, as `train` does. */
  readonly seed: number;
  /** The order itself. */
  readonly classOrder?: readonly number[];
  /** Rows of each experience; undefined takes all. */
  readonly rows?: number | undefined;
}

/** MNIST's digits, experience by experience as split-mnist deals out their classes, and those for testing. */
export async function tellDigits({ rows, ...split }: ToldOptions): Promise<{
  readonly train: readonly ToldDigits[];
  readonly test: ToldDigits;
}> {
  const { train, test } = await loadMNIST();
  const { trainStream } = await splitMNIST(split);
  return {
    train: [...trainStream].map(({ classesInThisExperience: classes }) => pick(train, { classes, rows })),
    test: pick(test, {}),
  };
}

function pick(
  { images, labels }: LabelledImages,
  { classes, rows }: { readonly classes?: readonly number[]; readonly rows?: number | undefined },
): ToldDigits {
  const all = [...labels.keys()].filter((row) => classes?.includes(labels[row] ?? -1) ?? true).slice(0, rows);
  const picked = new Uint8Array(all.length * PIXELS);
  for (const [i, row] of all.entries()) picked.set(images.subarray(row * PIXELS, (row + 1) * PIXELS), i * PIXELS);
  return { images: picked, labels: all.map((row) => labels[row] ?? 0) };
}
