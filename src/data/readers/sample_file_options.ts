import { type OptionSchema, type OptionsOf, optional } from "../../core/options/option_schema.ts";
import { listOf, objectLike, oneOf, text, wholeNumber } from "../../core/options/value_rules.ts";
import { CSV_OPTIONS } from "../csv/csv_options.ts";
import { ARRAY_LAYOUTS } from "../images/image_layout.ts";
import type { WantedSize } from "../images/resize_image.ts";
import { TARGET_OPTIONS } from "./target_options.ts";

/** How files of one's own are read. */
export const SAMPLE_FILE_OPTIONS = {
  ...CSV_OPTIONS,
  ...TARGET_OPTIONS,
  imageSize: optional(
    objectLike<WantedSize>("{ height, width }"),
    "size that images are brought to. Default: all must be of one size",
  ),
  layout: optional(
    oneOf(ARRAY_LAYOUTS),
    "where arrays of images [rows, …] have their channels; or sequence: they are no images, [rows, times, features]. Default: the shape must tell",
  ),
  arrays: optional(
    listOf(text(1), 1),
    "arrays that make a sample together, one row of numbers, in this order (input_ids|attention_mask). Default: x alone",
  ),
  cacheBytes: optional(
    wholeNumber(1),
    "samples that take more bytes than this together are decoded when they are drawn, and as many are kept. Default: 4 GiB, or half of the memory",
  ),
} satisfies OptionSchema;

/** How files of one's own are read. */
export type SampleFileOptions = OptionsOf<typeof SAMPLE_FILE_OPTIONS>;
