import { assertArrayBytes } from "../../core/array_limit.ts";
import { countElements } from "../../core/host_tensor.ts";
import { createSharedFloat32, createSharedUint8 } from "../../core/shared/shared_memory.ts";
import { createRowDecoder } from "../decoders/create_row_decoder.ts";
import type { LabelledSamples, PendingSamples } from "./labelled_samples.ts";

/** How many rows are decoded at a time. */
const DECODED_AT_ONCE = 4;

/** Samples that were located already, to be read where they fit into memory. */
export function settleLocated(samples: LabelledSamples): PendingSamples {
  const { path, x, sampleShape, labels } = samples;
  const bytes = labels.places.length * countElements(sampleShape) * x.BYTES_PER_ELEMENT;
  return { path, bytes, load: () => loadLocated(samples), locate: async () => samples };
}

/**
 * Reads all samples that were located.
 * @throws {RefusalError} If one cannot be read; the message names its file.
 */
export async function loadLocated({ located, ...samples }: LabelledSamples): Promise<LabelledSamples> {
  if (!located) return samples;
  const { path, sampleShape, labels } = samples;
  const rows = labels.places.length;
  const length = rows * countElements(sampleShape);
  assertArrayBytes(path, length * samples.x.BYTES_PER_ELEMENT);
  const x = samples.x instanceof Uint8Array ? createSharedUint8(length) : createSharedFloat32(length);
  const bytes = new Uint8Array(x.buffer, x.byteOffset, x.byteLength);
  const decoder = createRowDecoder(located.spec);
  for (let start = 0; start < rows; start += DECODED_AT_ONCE) {
    const some = Array.from({ length: Math.min(DECODED_AT_ONCE, rows - start) }, (_, i) => start + i);
    const decoded = await Promise.all(some.map((row) => decoder.decode(row)));
    for (const [i, row] of decoded.entries()) bytes.set(row, (start + i) * row.length);
  }
  return { ...samples, x };
}
