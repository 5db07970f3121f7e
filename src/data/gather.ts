import { needs, RangeRefusal } from "../core/errors/errors.ts";
import { countElements } from "../core/host_tensor.ts";
import type { DataSource } from "./data_source.ts";
import type { RowReader } from "./row_reader.ts";
import type { SampleReferences } from "./sample_index.ts";
import { requestSamples } from "./store/await_samples.ts";
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
    if (current.isStored && (i - start) % ASKED_AHEAD === 0) {
      requestSamples(sources, references, { start: i, end: Math.min(end, i + 2 * ASKED_AHEAD) });
    }
    current.read(row, out, (i - start) * current.size);
  }
}

/** Samples on demand are asked for so many at a time, so that they are decoded beside each other. */
const ASKED_AHEAD = 16;

interface OpenSource {
  readonly id: number;
  readonly name: string;
  readonly rows: number;
  readonly size: number;
  readonly isStored: boolean;
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
  const read = getBatchReader(source, wanted.augmentation);
  return { id, name: source.name, rows: source.y.length, size, isStored: source.stored !== undefined, read };
}
