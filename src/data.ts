export type { CsvOptions } from "./data/csv/csv_options.ts";
export type { SampleFileOptions } from "./data/readers/sample_file_options.ts";
/**
 * Samples in shared memory, views of them by index, readers of files, and random streams: `firn/data`.
 * @module
 */

export { RandomStream, RandomStreams } from "./core/random_stream.ts";
export { createSharedFloat32, createSharedInt32, createSharedUint8 } from "./core/shared/shared_memory.ts";
export { type ArrayDatasetOptions, createArrayDataset } from "./data/array_dataset.ts";
export type { ArrayTargets, TargetRows } from "./data/array_targets.ts";
export { createDataSource, type DataSource } from "./data/data_source.ts";
export { Dataset } from "./data/dataset.ts";
export type { FloatTargets, TargetForm, TargetKind } from "./data/float_targets.ts";
export type { ImageLayout } from "./data/images/image_layout.ts";
export type { WantedSize } from "./data/images/resize_image.ts";
export { readSamples } from "./data/read_samples.ts";
export { type CIFARFiles, loadCIFAR10, loadCIFAR100 } from "./data/readers/cifar_files.ts";
export { type IdxArray, readIdxImages, readIdxLabels } from "./data/readers/idx_reader.ts";
export type { LabelledImages } from "./data/readers/labelled_images.ts";
export { loadFashionMNIST, loadMNIST, type MNISTFiles } from "./data/readers/mnist_files.ts";
export type { SampleIndex, SampleReferences } from "./data/sample_index.ts";
export type { SavedDataset, SourcesByName } from "./data/saved_dataset.ts";
export type { ComputedSamples } from "./data/scratch_samples.ts";
export type { StoredSamples, StorePart } from "./data/store/stored_samples.ts";
export type { StoredSource } from "./data/store/stored_source.ts";
export type { LabelledRows } from "./data/task_classes.ts";
export type { Augmentation, AugmentationKey } from "./data/transforms/augmentation.ts";
export type {
  FilledOptions,
  ImageTransform,
  ImageTransformKind,
  ImageTransforms,
  ResolvedImageTransform,
} from "./data/transforms/images/image_transform.ts";
export type { Transform } from "./data/transforms/transform.ts";
