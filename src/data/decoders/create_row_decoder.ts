import { elementAt } from "../../core/element_at.ts";
import { findPart } from "../sample_index.ts";
import type { DecoderSpec, RowDecoder } from "./decoder_spec.ts";
import { FloatRowDecoder } from "./float_row_decoder.ts";
import { ImageFileDecoder } from "./image_file_decoder.ts";
import { NpyRowDecoder } from "./npy_row_decoder.ts";
import { PackedImageDecoder } from "./packed_image_decoder.ts";
import { ParquetDecoder } from "./parquet_decoder.ts";

/** The decoder of what a specification names; opens nothing yet. */
export function createRowDecoder(spec: DecoderSpec): RowDecoder {
  switch (spec.kind) {
    case "imageFiles":
      return new ImageFileDecoder(spec);
    case "parquetImages":
    case "parquetNumbers":
      return new ParquetDecoder(spec);
    case "packedImages":
      return new PackedImageDecoder(spec);
    case "npyRows":
      return new NpyRowDecoder(spec);
    case "floatRows":
      return new FloatRowDecoder(spec);
    case "joined":
      return joinDecoders(spec.parts.map(({ rows, spec: part }) => ({ rows, decoder: createRowDecoder(part) })));
  }
}

function joinDecoders(parts: readonly { readonly rows: number; readonly decoder: RowDecoder }[]): RowDecoder {
  let rows = 0;
  const starts = parts.map((part) => {
    rows += part.rows;
    return rows - part.rows;
  });
  return {
    decode(row) {
      const part = findPart(starts, row);
      return elementAt(parts, part).decoder.decode(row - elementAt(starts, part));
    },
  };
}
