/** Weights that a checkpoint leaves out of its vectors, because they stand in the file that the model came from. */

import { z } from "zod";
import { needs, RangeRefusal } from "../../core/errors/errors.ts";
import { hashParameters } from "../../core/hashing/hash_parameters.ts";
import { type ParameterLayout, viewEntry } from "../../core/parameter_layout.ts";
import type { WeightsOrigin } from "../../models/weights_file.ts";

const count = z.int().min(0);

/** The schema of `LeftOut`. */
export const leftOutSchema = z.strictObject({
  length: count,
  tensors: z.array(z.tuple([z.string(), count, count])),
});

/** What a vector is without: `length` is that of the whole, `tensors` the name, offset and size of each part. */
export type LeftOut = z.infer<typeof leftOutSchema>;

/** What stands in a file, and where it lies in vectors of layer state. */
export interface KnownWeights {
  readonly origin: WeightsOrigin;
  /** Of the layer state at that time; other vectors as long as it, which plugins keep, are taken for such a one. */
  readonly layout: ParameterLayout;
}

/** The weight of a name as a file gives it; undefined where it gives none. */
export type FindWeight = (name: string) => Float32Array | undefined;

/**
 * Leaves out of a vector all that has the file's bits. Nothing is said of what is trained: moving statistics that
 * training has changed, and weights that somebody has set, have others.
 * @returns Undefined where nothing can be left out.
 */
export function leaveOut(
  vector: Float32Array,
  { origin: { hashes }, layout }: KnownWeights,
): { readonly kept: Float32Array; readonly leftOut: LeftOut } | undefined {
  if (vector.length !== layout.size) return undefined;
  const isKnown = layout.entries.map((entry) => {
    const hash = hashes.get(entry.name);
    return hash !== undefined && hash === hashParameters(viewEntry(vector, entry));
  });
  const [known, others] = [true, false].map((wanted) => layout.entries.filter((_, i) => isKnown[i] === wanted));
  if (!known || !others || known.length === 0) return undefined;
  const kept = new Float32Array(others.reduce((sum, { size }) => sum + size, 0));
  let at = 0;
  for (const entry of others) {
    kept.set(viewEntry(vector, entry), at);
    at += entry.size;
  }
  const tensors = known.map(({ name, offset, size }): LeftOut["tensors"][number] => [name, offset, size]);
  return { kept, leftOut: { length: vector.length, tensors } };
}

/**
 * The whole vector.
 * @throws {RangeError} If the parts do not fit together, or the file gives none of a name and size.
 */
export function putBack(kept: Float32Array, { length, tensors }: LeftOut, source: WeightSource): Float32Array {
  const parts = tensors.map(([name, offset, size]) => ({ offset, values: takeWeight(name, size, source) }));
  const leftOut = parts.reduce((sum, { values }) => sum + values.length, 0);
  if (kept.length + leftOut !== length) {
    throw new RangeRefusal(needs("a checkpoint without weights", `${length - leftOut} others`, kept.length));
  }
  const whole = new Float32Array(length);
  let [end, taken] = [0, 0];
  for (const { offset, values } of [...parts, { offset: length, values: kept.subarray(0, 0) }]) {
    const gap = offset - end;
    if (gap < 0 || offset + values.length > length) throw new RangeRefusal("a checkpoint's weights must lie in order");
    whole.set(kept.subarray(taken, taken + gap), end);
    whole.set(values, offset);
    taken += gap;
    end = offset + values.length;
  }
  return whole;
}

/** What a vector's parts are put back from. */
interface WeightSource {
  readonly find: FindWeight;
  /** What messages call the file. */
  readonly subject: string;
}

function takeWeight(name: string, size: number, { find, subject }: WeightSource): Float32Array {
  const values = find(name);
  if (values?.length === size) return values;
  throw new RangeRefusal(needs(`${subject}: the weight "${name}"`, `${size} values`, values?.length ?? "none"));
}
