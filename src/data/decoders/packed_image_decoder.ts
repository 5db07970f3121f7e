import { elementAt } from "../../core/element_at.ts";
import { decodeImage } from "../images/decode_image.ts";
import { assertKeptSize, prepareImage } from "../images/prepare_image.ts";
import type { DecoderSpec, RowDecoder } from "./decoder_spec.ts";
import { FileRanges } from "./file_ranges.ts";

/** Rows that are images within larger files. */
export class PackedImageDecoder implements RowDecoder {
  readonly #spec: Extract<DecoderSpec, { kind: "packedImages" }>;
  readonly #ranges = new FileRanges();

  constructor(spec: Extract<DecoderSpec, { kind: "packedImages" }>) {
    this.#spec = spec;
  }

  async decode(row: number): Promise<Uint8Array> {
    const { files, fileOf, starts, sizes, names, image } = this.#spec;
    const file = elementAt(files, elementAt(fileOf, row));
    const subject = `${file}, ${elementAt(names, row)}`;
    const range = { start: elementAt(starts, row), length: elementAt(sizes, row) };
    const decoded = await decodeImage(await this.#ranges.read(file, range, subject), subject);
    assertKeptSize(decoded, image, { row, subject });
    return prepareImage(decoded, image).data;
  }
}
