import { needs, RangeRefusal } from "../../core/errors/errors.ts";
import { assertOptions, type OptionRules } from "../../core/options/assert_options.ts";
import { omitUndefined } from "../../core/options/omit_undefined.ts";
import { type OptionSchema, optional } from "../../core/options/option_schema.ts";
import { flag, oneOf, text, wholeNumber } from "../../core/options/value_rules.ts";
import { type ConversionOptions, PRECISIONS, type Precision } from "../../onnx/conversion/conversion_options.ts";
import { OPSETS } from "../../onnx/conversion/convert_opset.ts";

/** In what other form a run exports its models, besides their own. */
export interface ExportForm {
  /** Default: "nhwc", the data's own. */
  readonly layout?: "nhwc" | "nchw" | undefined;
  /** Default: false. */
  readonly preprocess?: boolean | undefined;
  /** Default: false. */
  readonly softmax?: boolean | undefined;
  /** "true" for what the classifier sees, or the name of a layer. Default: no features. */
  readonly features?: string | undefined;
  /** Default: that of the models' own files. */
  readonly opset?: number | undefined;
  /** Default: "float32". */
  readonly precision?: Precision | undefined;
  /** On how many training samples int8 measures. Default: 256. */
  readonly calibrationSamples?: number | undefined;
  /** A network from an ONNX file leaves as it came; excludes all others. Default: false. */
  readonly original?: boolean | undefined;
}

/** The default of `calibrationSamples`. */
export const CALIBRATION_SAMPLES = 256;

/** Types, ranges and help of `ExportForm`. */
export const EXPORT_FORM_SCHEMA = {
  layout: optional(oneOf(["nhwc", "nchw"]), "of images: channels last or first"),
  preprocess: optional(flag(), "take raw values, pixels as uint8, and normalise them in the file"),
  softmax: optional(flag(), "add the output probabilities"),
  features: optional(text(1), "add the output features: true for what the classifier sees, or a layer's name"),
  opset: optional(wholeNumber(OPSETS.least, OPSETS.most), "version of ONNX's operators"),
  precision: optional(oneOf(PRECISIONS), "the numbers that the file computes with"),
  calibrationSamples: optional(wholeNumber(1), "int8 measures on so many"),
  original: optional(flag(), "a network from an ONNX file as it came, with its own inputs, output and nodes"),
} satisfies OptionSchema & OptionRules<ExportForm>;

/** What `convertExport` is told of a form. */
export function toConversion({
  calibrationSamples: _,
  original: __,
  features,
  ...form
}: ExportForm): ConversionOptions {
  const named = features === "true" ? true : features === "false" ? undefined : features;
  return omitUndefined({ ...form, features: named });
}

/**
 * Refuses a form of which the options contradict each other.
 * @throws {RangeRefusal} If it says something that another of its options makes void.
 */
export function assertExportForm(form: ExportForm): void {
  assertOptions("exportForm", form, EXPORT_FORM_SCHEMA);
  if (form.original) {
    const [other] = Object.entries(form).filter(([name, value]) => name !== "original" && value !== undefined);
    if (other) throw new RangeRefusal(`export: original=true excludes ${other[0]}`);
  }
  if (form.calibrationSamples === undefined || form.precision === "int8") return;
  throw new RangeRefusal(needs("export: calibrationSamples", "precision=int8", form.precision ?? "float32"));
}
