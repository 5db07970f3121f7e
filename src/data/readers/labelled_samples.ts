import type { FloatTargets } from "../float_targets.ts";
import type { LabelTable } from "./label_table.ts";

/** Targets that are numbers, as one file has them. */
export interface SampleTargets extends Omit<FloatTargets, "data"> {
  /** [rows, width] */
  readonly data: Float32Array;
  /** True where the columns are the names that occurred: other files may have others. */
  readonly isOpen?: boolean;
}

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
  /** One a row, as written: class ids or class names; one class where targets are numbers. */
  readonly labels: LabelTable;
  /** Targets that are numbers; absent for classes. */
  readonly floatTargets?: SampleTargets | undefined;
  /** Task labels [rows], whole numbers of at least 0; undefined where the file has none. */
  readonly tasks?: Int32Array | undefined;
}
