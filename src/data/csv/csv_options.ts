import { type OptionSchema, type OptionsOf, optional, withDefault } from "../../core/options/option_schema.ts";
import { listOf, text } from "../../core/options/value_rules.ts";

/** How CSV files are read. */
export const CSV_OPTIONS = {
  labelColumn: withDefault(text(), "label", "column of tables that holds the class"),
  taskColumn: optional(text(), "column of tables that holds each sample's task label, a whole number"),
  experienceColumn: optional(
    text(),
    "column of tables that says which experience a sample belongs to: a site, a month",
  ),
  orderColumn: optional(
    text(),
    "column of tables by which samples are ordered, numbers or dates such as 2024-05-31, before they are divided into experiences",
  ),
  splitColumn: optional(
    text(),
    "column of tables that says which part a sample belongs to: train, test, or valid (validation, dev)",
  ),
  featureNames: optional(
    listOf(text(), 1),
    "columns of features of tables, in the order in which the model takes them. Default: that of the first file",
  ),
  dropColumns: optional(listOf(text()), "columns of tables that are left out"),
  delimiter: optional(
    text(),
    "character between cells of CSV files, or tab. Default: the comma, semicolon or tab that the first row has",
  ),
  encoding: optional(text(), "encoding of CSV files, as TextDecoder names it: latin1, utf-16le … Default: utf-8"),
} satisfies OptionSchema;

/** How CSV files are read. */
export type CsvOptions = OptionsOf<typeof CSV_OPTIONS>;
