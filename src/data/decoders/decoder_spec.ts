import type { ArrayLayout } from "../images/image_layout.ts";
import type { WantedSize } from "../images/resize_image.ts";
import type { NpyHeader } from "../readers/npy_reader.ts";

/** What images are brought to before they are kept. */
export interface WantedImage {
  readonly imageSize?: WantedSize | undefined;
  /** 3 gives grey images three channels. */
  readonly channels: 1 | 3;
  /** Where images keep their own sizes: the pixels that each row has room for. */
  readonly pixels?: number | undefined;
  /** Where images keep their own sizes: height and width of each [rows, 2]. */
  readonly sizes?: Int32Array | undefined;
}

/** Where rows come from, as plain data: what a Worker that decodes them is told. */
export type DecoderSpec =
  /** An image file a row. */
  | { readonly kind: "imageFiles"; readonly files: readonly string[]; readonly image: WantedImage }
  /** An image in a column of Parquet files a row. */
  | (ParquetRows & { readonly kind: "parquetImages"; readonly column: string; readonly image: WantedImage })
  /** Numbers in columns of Parquet files, a column a value. */
  | (ParquetRows & { readonly kind: "parquetNumbers"; readonly columns: readonly string[] })
  /** Images within larger files, tar shards say. */
  | {
      readonly kind: "packedImages";
      readonly files: readonly string[];
      /** The place in `files` [rows]. */
      readonly fileOf: Int32Array;
      /** Where each begins in its file, and how long it is, in bytes [rows]. */
      readonly starts: Float64Array;
      readonly sizes: Int32Array;
      /** What each is called in its file [rows]. */
      readonly names: readonly string[];
      readonly image: WantedImage;
    }
  /** An array of a .npy file, row-major, from a place in the file on. */
  | {
      readonly kind: "npyRows";
      readonly file: string;
      /** Its header, as it is read from the file. */
      readonly header: NpyHeader;
      readonly layout: ArrayLayout | undefined;
    }
  /** Rows of float32 numbers in a file that holds nothing else. */
  | { readonly kind: "floatRows"; readonly file: string; readonly width: number; readonly subject: string }
  /** The rows of several, one after another. */
  | { readonly kind: "joined"; readonly parts: readonly DecoderPart[] };

/** Parquet files, one after another. */
export interface ParquetRows {
  readonly files: readonly string[];
  /** Where each row group begins, in rows of its file, and last how many the file has; for each file. */
  readonly groupStarts: readonly (readonly number[])[];
}

/** Rows that follow those of the parts before. */
export interface DecoderPart {
  readonly rows: number;
  readonly spec: DecoderSpec;
}

/** Decodes rows, in any order and several at a time. */
export interface RowDecoder {
  /**
   * The bytes of a row; the caller owns them.
   * @throws {RefusalError} If it cannot be read, with the name of its file.
   */
  decode(row: number): Promise<Uint8Array>;
}
