import { type OptionSchema, type OptionsOf, optional, withDefault } from "../../core/options/option_schema.ts";
import { listOf, text } from "../../core/options/value_rules.ts";

/** How CSV files are read. */
export const CSV_OPTIONS = {
  labelColumn: withDefault(text(), "label", "column of CSV files that holds the class"),
  taskColumn: optional(text(), "column of CSV files that holds each sample's task label, a whole number"),
  featureNames: optional(
    listOf(text(), 1),
    "columns of features of CSV files, in the order in which the model takes them. Default: that of the first file",
  ),
  dropColumns: optional(listOf(text()), "columns of CSV files that are left out"),
  delimiter: optional(
    text(),
    "character between cells of CSV files, or tab. Default: the comma, semicolon or tab that the first row has",
  ),
  encoding: optional(text(), "encoding of CSV files, as TextDecoder names it: latin1, utf-16le … Default: utf-8"),
} satisfies OptionSchema;

/** How CSV files are read. */
export type CsvOptions = OptionsOf<typeof CSV_OPTIONS>;
