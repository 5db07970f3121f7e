import { copyRow } from "./stored_rows.ts";
import type { StoredSamples } from "./stored_samples.ts";

/** Which rows of a store a data source has. */
export interface StoredSource {
  readonly samples: StoredSamples;
  /** The place in the store of each row [rows]. */
  readonly places: Int32Array<SharedArrayBuffer>;
  /** What the files are known by: a hash of their names and sizes. */
  readonly digest: string;
}

/** Copies the raw values of one row to `target` [values of a sample], of the type of the source's values. */
export function copyStoredRow({ samples, places }: StoredSource, row: number, target: Uint8Array | Float32Array): void {
  const bytes =
    target instanceof Uint8Array ? target : new Uint8Array(target.buffer, target.byteOffset, target.byteLength);
  copyRow(samples, places[row] ?? 0, bytes);
}
