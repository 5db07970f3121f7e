import type { LabelTable } from "./label_table.ts";

/**
 * Labelled samples as a file of somebody's own holds them, before it is known what the other files hold. Values are
 * bytes (pixels, 0 to 255) or floats, [rows, …sampleShape].
 */
export interface LabelledSamples {
  /** The file or folder they come from, for messages. */
  readonly path: string;
  readonly x: Uint8Array | Float32Array;
  /** Without the number of rows; images are [height, width, channels]. */
  readonly sampleShape: readonly number[];
  /** One a row, as written: class ids or class names. */
  readonly labels: LabelTable;
}
