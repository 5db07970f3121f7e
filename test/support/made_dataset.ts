import { copyToSharedInt32, createSharedUint8 } from "../../src/core/shared/shared_memory.ts";
import { createDataSource } from "../../src/data/data_source.ts";
import { Dataset } from "../../src/data/dataset.ts";

/** A data set of one-byte samples with these class ids; sample i holds i modulo 256. */
export function makeDataset(
  labels: ArrayLike<number>,
  { taskLabel = 0, name = "made" }: { readonly taskLabel?: number; readonly name?: string } = {},
): Dataset {
  const x = createSharedUint8(labels.length);
  for (let i = 0; i < x.length; i++) x[i] = i;
  const y = copyToSharedInt32(Array.from(labels));
  return Dataset.fromSource(createDataSource({ name, x, y, sampleShape: [1], taskLabel, transforms: [] }));
}

/** Every sample as "source:row", in order. */
export function listSamples(dataset: Dataset): string[] {
  const { sourceIds, rows } = dataset.references;
  return Array.from(rows, (row, i) => `${sourceIds[i]}:${row}`);
}
