import type { OptionRules } from "../../core/options/assert_options.ts";
import { anything, either, flag, oneOf, text, wholeNumber } from "../../core/options/value_rules.ts";
import type { ExportBatch } from "../export/export_session.ts";

/** The numbers that a file computes with. */
export const PRECISIONS = ["float32", "float16", "int8"] as const;

/** One of `PRECISIONS`. */
export type Precision = (typeof PRECISIONS)[number];

/** What an exported file is made into. */
export interface ConversionOptions {
  /** Axes of the images that the file takes: "nhwc", as it was exported (the default), or "nchw", channels first. */
  readonly layout?: "nhwc" | "nchw" | undefined;
  /** The file takes raw values, pixels as uint8, and normalises them itself. Default: false. */
  readonly preprocess?: boolean | undefined;
  /** The file has an output `probabilities` [N, C], too. Default: false. */
  readonly softmax?: boolean | undefined;
  /** The file has an output `features`, too: what the classifier sees, or the output of the layer of this name. */
  readonly features?: boolean | string | undefined;
  /** The version of ONNX's operators, from 13 to 21. Default: the file's own. */
  readonly opset?: number | undefined;
  /** Default: "float32". */
  readonly precision?: Precision | undefined;
  /** Samples as the given file takes them: int8 measures on them how large values become, and needs some. */
  readonly samples?: Iterable<ExportBatch> | undefined;
}

/** The rules of `ConversionOptions`. */
export const CONVERSION_RULES: OptionRules<ConversionOptions> = {
  layout: oneOf(["nhwc", "nchw"]),
  preprocess: flag(),
  softmax: flag(),
  features: either(flag(), text(1)),
  opset: wholeNumber(1),
  precision: oneOf(PRECISIONS),
  samples: anything(),
};
