import { elementAt } from "../../../core/element_at.ts";
import { describeValue, RangeRefusal } from "../../../core/errors/errors.ts";
import { copyToSharedInt32, createSharedFloat32, createSharedUint8 } from "../../../core/shared/shared_memory.ts";
import { createDataSource, type DataSource } from "../../../data/data_source.ts";
import { Dataset } from "../../../data/dataset.ts";
import { addChannels, addColour, changeImages, padRows } from "../../../data/images/prepare_image.ts";
import { assertSameKind } from "../../../data/readers/array_files.ts";
import { type KnownClasses, numberClasses } from "../../../data/readers/class_names.ts";
import type { LabelledSamples } from "../../../data/readers/labelled_samples.ts";
import { settleColumns } from "../../../data/readers/sample_targets.ts";
import { openSamples } from "../../../data/store/open_samples.ts";
import type { Augmentation } from "../../../data/transforms/augmentation.ts";
import { deriveEvaluation, findCommonShape } from "../../../data/transforms/images/image_pipeline.ts";
import { type ImageTransform, resolveImageTransforms } from "../../../data/transforms/images/image_transform.ts";
import { labelTasks } from "../../../data/transforms/label_tasks.ts";
import type { Transform } from "../../../data/transforms/transform.ts";
import type { Benchmark } from "../../experience.ts";

/** Samples that were read, with what their data source is to be called. */
export interface NamedSamples extends LabelledSamples {
  readonly name: string;
  readonly taskLabel: number;
}

/** Data sets that go together, one a folder, and what a benchmark says of them. */
export interface FolderDatasets extends Pick<Benchmark, "numClasses" | "classNames" | "sampleShape" | "normalization"> {
  readonly datasets: readonly Dataset[];
}

/** What is done to samples before a model sees them, and what the class ids stand for. */
export interface FolderPreparation extends KnownClasses {
  readonly mean?: readonly number[] | undefined;
  readonly std?: readonly number[] | undefined;
  readonly normalize?: "imagenet" | undefined;
  readonly augmentation?: Augmentation | undefined;
  readonly transforms?: readonly ImageTransform[] | undefined;
  readonly evalTransforms?: readonly ImageTransform[] | undefined;
  /** Where samples have several labels by name: the labels in the order of the columns. Default: those that occur. */
  readonly labelNames?: readonly string[] | undefined;
  /** True where images keep sizes of their own, which transforms bring to one. */
  readonly keepsSizes?: boolean | undefined;
  /** The most bytes of samples that are in memory, where samples are decoded when they are drawn. */
  readonly cacheBytes?: number | undefined;
}

/**
 * Brings samples of several folders together: one shape, one set of class ids, shared memory.
 * @throws {SyntaxError} If they differ in shape or kind. {RangeError} If there are too many classes, or one is not
 * among `classNames`. The message names the folder.
 */
export async function createFolderDatasets(
  folders: readonly NamedSamples[],
  preparation: FolderPreparation,
): Promise<FolderDatasets> {
  const channels = Math.max(
    ...folders.map(({ sampleShape }) => (sampleShape.length === 3 ? elementAt(sampleShape, 2) : 1)),
  );
  const coloured = folders.map((folder) => (channels === 3 ? toColour(folder) : folder));
  const samples = preparation.keepsSizes ? shareRoom(coloured) : coloured;
  const [first] = samples;
  for (const other of samples) if (first) assertSameKind(first, other);
  const { sampleShape, ...images } = prepareImages(samples, preparation);
  const scale = first?.x instanceof Uint8Array ? 1 / 255 : 1;
  const { mean, std } = chooseStatistics(preparation);
  const { augmentation } = preparation;
  const transforms: Transform[] = scale === 1 ? [] : [{ kind: "scale", factor: scale, offset: 0 }];
  if (mean.length > 0 || std.length > 0) transforms.push({ kind: "normalize", mean, std });
  const { classIds, classNames } = numberClasses(samples, preparation);
  const floatTargets = settleColumns(samples, preparation.labelNames);
  const places = await openSamples(samples, preparation);
  const datasets = samples.map(({ name, x, imageSizes, taskLabel, tasks }, i) => {
    const y = copyToSharedInt32(elementAt(classIds, i));
    const targets = { y, floatTargets: floatTargets[i] };
    const parts = {
      name,
      x: toShared(x),
      stored: places[i],
      ...targets,
      ...images,
      imageSizes: imageSizes && copyToSharedInt32(imageSizes),
      sampleShape,
      taskLabel,
      transforms,
      augmentation,
    };
    const source = createDataSource(parts);
    return tasks ? labelTasks(source, tasks) : Dataset.fromSource(source);
  });
  return { datasets, numClasses: classNames.length, classNames, sampleShape, normalization: { scale, mean, std } };
}

/** Means and deviations of ImageNet's channels, as torchvision's networks were trained with. */
const IMAGENET = { mean: [0.485, 0.456, 0.406], std: [0.229, 0.224, 0.225] };

function chooseStatistics({ mean, std, normalize }: FolderPreparation) {
  if (normalize === undefined) return { mean: mean ?? [], std: std ?? [] };
  if (mean || std) throw new RangeRefusal("normalize cannot be used with mean and std");
  return IMAGENET;
}

/** The shape of samples behind the transforms of images, where there are some. */
function prepareImages(
  samples: readonly NamedSamples[],
  { transforms, evalTransforms }: FolderPreparation,
): Pick<DataSource, "sampleShape" | "rawShape" | "imageTransforms"> {
  const rawShape = samples[0]?.sampleShape ?? [];
  if (!transforms && !evalTransforms) return { sampleShape: rawShape };
  const train = resolveImageTransforms("transforms", transforms ?? []);
  const evaluation = evalTransforms
    ? resolveImageTransforms("evalTransforms", evalTransforms)
    : deriveEvaluation(train, rawShape);
  const random = evaluation.find(({ kind }) => !["resize", "center-crop"].includes(kind));
  if (random) throw new RangeRefusal(`evalTransforms must be resize or center-crop, got ${describeValue(random.kind)}`);
  const sizes = samples.flatMap(({ imageSizes }) => imageSizes ?? []);
  const all = sizes.length > 0 ? Int32Array.from(sizes.flatMap((own) => [...own])) : undefined;
  return { sampleShape: findCommonShape(rawShape, train, all), rawShape, imageTransforms: { train, evaluation } };
}

/** The values themselves where they lie in shared memory already, else a copy. */
function toShared(x: Uint8Array | Float32Array): DataSource["x"] {
  if (isShared(x)) return x;
  const shared = x instanceof Uint8Array ? createSharedUint8(x.length) : createSharedFloat32(x.length);
  shared.set(x);
  return shared;
}

function isShared(x: Uint8Array | Float32Array): x is DataSource["x"] {
  return x.buffer instanceof SharedArrayBuffer;
}

/** Images that keep their sizes, of all folders, in rows with room for the largest; as they are where all are alike. */
function shareRoom(folders: readonly NamedSamples[]): readonly NamedSamples[] {
  const shapes = new Set(folders.map(({ sampleShape }) => sampleShape.join()));
  if (shapes.size === 1 && folders.every(({ imageSizes }) => !imageSizes)) return folders;
  const pixels = Math.max(...folders.map(({ sampleShape: [height = 0, width = 0] }) => height * width));
  return folders.map((folder) => {
    const { located, labels, sampleShape, x } = folder;
    const [height = 0, width = 0, channels = 1] = sampleShape;
    const own = Array.from({ length: labels.places.length }, () => [height, width]).flat();
    const room = { imageSizes: folder.imageSizes ?? Int32Array.from(own), sampleShape: [pixels, 1, channels] };
    const kept = { pixels, sizes: room.imageSizes };
    if (located) return { ...folder, ...room, located: { ...located, spec: changeImages(located.spec, kept) } };
    if (!(x instanceof Uint8Array)) return folder;
    return { ...folder, ...room, x: padRows(x, height * width * channels, pixels * channels) };
  });
}

/** Grey images beside coloured ones are given three channels. */
function toColour(folder: NamedSamples): NamedSamples {
  const [height = 0, width = 0, channels] = folder.sampleShape;
  if (channels !== 1 || !(folder.x instanceof Uint8Array)) return folder;
  const { located } = folder;
  if (located)
    return { ...folder, located: { ...located, spec: addColour(located.spec) }, sampleShape: [height, width, 3] };
  return { ...folder, x: addChannels(folder.x, 3), sampleShape: [height, width, 3] };
}
