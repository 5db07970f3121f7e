import { needs, RangeRefusal } from "../core/errors/errors.ts";
import { countElements } from "../core/host_tensor.ts";
import type { DataSource } from "./data_source.ts";
import type { RowReader } from "./row_reader.ts";
import type { SampleReferences } from "./sample_index.ts";
import type { AugmentationKey } from "./transforms/augmentation.ts";
import { getBatchReader } from "./transforms/augmented_reader.ts";

/**
 * Writes samples `start` to `end` (not included) of the references, transformed, row-major into `out` [end − start,
 * sampleSize]. `out` may be longer; what lies behind is left alone. Runs inside every training step, which gives the
 * key of its augmentation.
 * @throws {RangeError} If a source or row does not exist, the samples differ in size, or `out` is too short.
 */
export function gatherSamples(
  sources: ReadonlyMap<number, DataSource>,
  references: SampleReferences,
  { start, end }: { readonly start: number; readonly end: number },
  out: Float32Array,
  augmentation?: AugmentationKey,
): void {
  const { sourceIds, rows } = references;
  if (!(start >= 0 && end >= start && end <= rows.length)) {
    throw new RangeRefusal(needs("the minibatch", `a range within 0 to ${rows.length}`, [start, end]));
  }
  let current: OpenSource | undefined;
  for (let i = start; i < end; i++) {
    const id = sourceIds[i] ?? -1;
    if (current?.id !== id)
      current = openSource(sources, id, { size: current?.size, count: end - start, out, augmentation });
    const row = rows[i] ?? -1;
    if (row < 0 || row >= current.rows) {
      throw new RangeRefusal(needs("the minibatch", `a row below ${current.rows} of ${current.name}`, row));
    }
    current.read(row, out, (i - start) * current.size);
  }
}

interface OpenSource {
  readonly id: number;
  readonly name: string;
  readonly rows: number;
  readonly size: number;
  readonly read: RowReader;
}

function openSource(
  sources: ReadonlyMap<number, DataSource>,
  id: number,
  wanted: {
    readonly size: number | undefined;
    readonly count: number;
    readonly out: Float32Array;
    readonly augmentation: AugmentationKey | undefined;
  },
): OpenSource {
  const source = sources.get(id);
  if (!source) throw new RangeRefusal(needs("the minibatch", `one of the sources ${[...sources.keys()]}`, id));
  const size = countElements(source.sampleShape);
  if (wanted.size !== undefined && size !== wanted.size) {
    throw new RangeRefusal(needs("the minibatch", `samples of ${wanted.size} values in ${source.name} too`, size));
  }
  if (wanted.out.length < wanted.count * size) {
    throw new RangeRefusal(needs("the minibatch", `room for ${wanted.count * size} values`, wanted.out.length));
  }
  return { id, name: source.name, rows: source.y.length, size, read: getBatchReader(source, wanted.augmentation) };
}
