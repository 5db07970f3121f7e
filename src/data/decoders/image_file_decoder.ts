import { elementAt } from "../../core/element_at.ts";
import { decodeImage } from "../images/decode_image.ts";
import { assertKeptSize, prepareImage } from "../images/prepare_image.ts";
import { readBytes } from "../readers/read_bytes.ts";
import type { DecoderSpec, RowDecoder } from "./decoder_spec.ts";

/** Rows that are image files. */
export class ImageFileDecoder implements RowDecoder {
  readonly #spec: Extract<DecoderSpec, { kind: "imageFiles" }>;

  constructor(spec: Extract<DecoderSpec, { kind: "imageFiles" }>) {
    this.#spec = spec;
  }

  async decode(row: number): Promise<Uint8Array> {
    const { files, image } = this.#spec;
    const file = elementAt(files, row);
    const decoded = await decodeImage(await readBytes(file), file);
    assertKeptSize(decoded, image, { row, subject: file });
    return prepareImage(decoded, image).data;
  }
}
