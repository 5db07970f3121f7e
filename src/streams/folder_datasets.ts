import { cannot, SyntaxRefusal } from "../core/errors.ts";
import { compareNaturally } from "../core/natural_order.ts";
import { createArrayDataset } from "../data/array_dataset.ts";
import { assertSameKind } from "../data/array_files.ts";
import type { Augmentation } from "../data/augmentation.ts";
import type { Dataset } from "../data/dataset.ts";
import type { LabelledSamples } from "../data/labelled_samples.ts";
import { addChannels } from "../data/read_image_folders.ts";
import type { Transform } from "../data/transform.ts";
import type { Benchmark } from "./experience.ts";

/** Samples that were read, with what their data source is to be called. */
export interface NamedSamples extends LabelledSamples {
  readonly name: string;
  readonly taskLabel: number;
}

/** Data sets that go together, one a folder, and what a benchmark says of them. */
export interface FolderDatasets extends Pick<Benchmark, "numClasses" | "sampleShape" | "normalization"> {
  readonly datasets: readonly Dataset[];
}

/** What is done to samples before a model sees them. */
export interface FolderPreparation {
  readonly mean?: readonly number[] | undefined;
  readonly std?: readonly number[] | undefined;
  readonly augmentation?: Augmentation | undefined;
}

const MAX_CLASSES = 65_536;

/**
 * Brings samples of several folders together: one shape, one set of class ids, shared memory.
 * @throws {SyntaxError} If they differ in shape or kind, or a class id is too large; the message names the folder.
 */
export function createFolderDatasets(folders: readonly NamedSamples[], preparation: FolderPreparation): FolderDatasets {
  const channels = Math.max(
    ...folders.map(({ sampleShape }) => (sampleShape.length === 3 ? (sampleShape[2] ?? 1) : 1)),
  );
  const samples = folders.map((folder) => (channels === 3 ? toColour(folder) : folder));
  const [first] = samples;
  for (const other of samples) if (first) assertSameKind(first, other);
  const sampleShape = first?.sampleShape ?? [];
  const scale = first?.x instanceof Uint8Array ? 1 / 255 : 1;
  const { mean = [], std = [], augmentation } = preparation;
  const transforms: Transform[] = scale === 1 ? [] : [{ kind: "scale", factor: scale, offset: 0 }];
  if (mean.length > 0 || std.length > 0) transforms.push({ kind: "normalize", mean, std });
  const { classIds, numClasses } = numberClasses(samples);
  const datasets = samples.map(({ name, x, taskLabel }, i) =>
    createArrayDataset({ name, x, y: classIds[i] ?? [], sampleShape, taskLabel, transforms, augmentation }),
  );
  return { datasets, numClasses, sampleShape, normalization: { scale, mean, std } };
}

/** Grey images beside coloured ones are given three channels. */
function toColour(folder: NamedSamples): NamedSamples {
  const [height = 0, width = 0, channels] = folder.sampleShape;
  if (channels !== 1 || !(folder.x instanceof Uint8Array)) return folder;
  return { ...folder, x: addChannels(folder.x, 3), sampleShape: [height, width, 3] };
}

/** Whole numbers are class ids; if there is another label anywhere, ids follow the natural order of all. */
function numberClasses(folders: readonly NamedSamples[]): { classIds: Int32Array[]; numClasses: number } {
  const areIds = folders.every(
    ({ labels }) => labels instanceof Int32Array || labels.every((label) => /^\d{1,9}$/.test(label)),
  );
  if (areIds) {
    const classIds = folders.map(({ labels }) => Int32Array.from(Array.from<string | number>(labels), Number));
    for (const [i, ids] of classIds.entries()) {
      const astray = ids.find((id) => id >= MAX_CLASSES);
      if (astray === undefined) continue;
      const act = `read ${JSON.stringify(folders[i]?.path)}`;
      throw new SyntaxRefusal(cannot(act, `class ids below ${MAX_CLASSES} (or names)`, astray));
    }
    return { classIds, numClasses: classIds.reduce((most, ids) => ids.reduce((a, b) => Math.max(a, b + 1), most), 0) };
  }
  const names = new Set(folders.flatMap(({ labels }) => Array.from<string | number>(labels).map(String)));
  const idOf = new Map([...names].sort(compareNaturally).map((name, id) => [name, id]));
  const classIds = folders.map(({ labels }) =>
    Int32Array.from(Array.from<string | number>(labels).map((label) => idOf.get(String(label)) ?? 0)),
  );
  return { classIds, numClasses: idOf.size };
}
