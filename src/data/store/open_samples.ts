import { countElements } from "../../core/host_tensor.ts";
import { copyToSharedInt32 } from "../../core/shared/shared_memory.ts";
import type { DecoderPart } from "../decoders/decoder_spec.ts";
import type { LabelledSamples } from "../readers/labelled_samples.ts";
import { findDefaultCacheBytes } from "../readers/settle_samples.ts";
import { openStore } from "./open_store.ts";
import type { StoredSource } from "./stored_source.ts";

/**
 * One store for all samples that are not in memory, which have one shape and type. Undefined for those that are.
 * @throws {RangeRefusal} If the bound is below 64 samples.
 */
export async function openSamples(
  samples: readonly LabelledSamples[],
  { cacheBytes = findDefaultCacheBytes() }: { readonly cacheBytes?: number | undefined },
): Promise<readonly (StoredSource | undefined)[]> {
  const parts: DecoderPart[] = [];
  let rows = 0;
  const starts = samples.map(({ located, labels }) => {
    if (!located) return undefined;
    parts.push({ rows: labels.places.length, spec: located.spec });
    rows += labels.places.length;
    return rows - labels.places.length;
  });
  const [first] = samples;
  if (!first || parts.length === 0) return samples.map(() => undefined);
  const rowBytes = countElements(first.sampleShape) * first.x.BYTES_PER_ELEMENT;
  const store = await openStore({ subject: first.path, spec: { kind: "joined", parts }, rows, rowBytes, cacheBytes });
  return samples.map(({ located, labels }, i) => {
    const start = starts[i];
    if (!located || start === undefined) return undefined;
    const places = copyToSharedInt32(Int32Array.from(labels.places, (_, row) => start + row));
    return { samples: store, places, digest: located.digest };
  });
}
