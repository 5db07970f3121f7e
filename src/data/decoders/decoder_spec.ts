import type { WantedSize } from "../images/resize_image.ts";

/** What images are brought to before they are kept. */
export interface WantedImage {
  readonly imageSize?: WantedSize | undefined;
  /** 3 gives grey images three channels. */
  readonly channels: 1 | 3;
}

/** Where rows come from, as plain data: what a Worker that decodes them is told. */
export type DecoderSpec =
  /** An image file a row. */
  | { readonly kind: "imageFiles"; readonly files: readonly string[]; readonly image: WantedImage }
  /** The rows of several, one after another. */
  | { readonly kind: "joined"; readonly parts: readonly DecoderPart[] };

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
