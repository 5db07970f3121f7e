import type { RowKeys } from "../csv/row_keys.ts";
import type { DecoderSpec } from "../decoders/decoder_spec.ts";
import type { FloatTargets } from "../float_targets.ts";
import type { LabelTable } from "./label_table.ts";

/** Targets that are numbers, as one file has them. */
export interface SampleTargets extends Omit<FloatTargets, "data"> {
  /** [rows, width] */
  readonly data: Float32Array;
  /** True where the columns are the names that occurred: other files may have others. */
  readonly isOpen?: boolean;
}

/** Where the samples of a file or folder lie. */
export interface LocatedSamples {
  readonly spec: DecoderSpec;
  /** What the data is known by, without all of it being read: names and sizes of files, hashed. */
  readonly digest: string;
}

/**
 * Labelled samples of which no more is known yet than how many bytes they have: they are read at once where these fit
 * into memory, and located where they do not.
 */
export interface PendingSamples {
  readonly path: string;
  /** All samples, decoded; at most. */
  readonly bytes: number;
  /** Reads all of them. @throws {RefusalError} If a file is broken; the message names it. */
  load(): Promise<LabelledSamples>;
  /** Looks at each file, but decodes none. @throws {RefusalError} If one is broken; the message names it. */
  locate(): Promise<LabelledSamples>;
}

/**
 * Labelled samples as a file of somebody's own holds them, before it is known what the other files hold. Values are
 * bytes (pixels, 0 to 255) or floats, [rows, …sampleShape].
 */
export interface LabelledSamples {
  /** The file or folder they come from, for messages. */
  readonly path: string;
  /** Empty where `located` says how samples are read. */
  readonly x: Uint8Array | Float32Array;
  /** Samples that are not in memory: how they are decoded when they are drawn. */
  readonly located?: LocatedSamples | undefined;
  /** Without the number of rows; images are [height, width, channels]. */
  readonly sampleShape: readonly number[];
  /** Height and width of each image [rows, 2], where they differ: `sampleShape` is [pixels, 1, channels] then. */
  readonly imageSizes?: Int32Array | undefined;
  /** One a row, as written: class ids or class names; one class where targets are numbers. */
  readonly labels: LabelTable;
  /** Targets that are numbers; absent for classes. */
  readonly floatTargets?: SampleTargets | undefined;
  /** What else is known of each row, where options name columns of it. */
  readonly keys?: RowKeys | undefined;
  /** Task labels [rows], whole numbers of at least 0; undefined where the file has none. */
  readonly tasks?: Int32Array | undefined;
}
