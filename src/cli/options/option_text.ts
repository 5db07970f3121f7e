/** Options as people type them: what must be typed, what a typed text stands for, and what is wrong with it. */

import { type Bounds, describeBounds, describeUnknownName, describeValue } from "../../core/errors/errors.ts";
import type { OptionSchema } from "../../core/options/option_schema.ts";
import type { ValueShape } from "../../core/options/value_rules.ts";

/** What one option takes, as the lists of strategies, plugins … print it. */
export interface OptionDescription {
  readonly name: string;
  readonly summary: string;
  /** "a number of at least 0", say. */
  readonly takes: string;
  readonly required: boolean;
  /** Absent where leaving the option out has a meaning of its own. */
  readonly default?: unknown;
}

/** The options that can be typed, in the order in which they were declared. */
export function describeOptions(schema: OptionSchema): OptionDescription[] {
  return Object.entries(listTyped(schema)).map(([name, option]) => ({
    name,
    summary: option.help,
    takes: describeTyped(option.shape),
    required: option.isRequired === true,
    ...("default" in option ? { default: option.default } : {}),
  }));
}

/** The options of a schema that a text can stand for: those that code alone can give are left out. */
function listTyped(schema: OptionSchema): OptionSchema {
  return Object.fromEntries(Object.entries(schema).filter(([, { shape }]) => toTyped(shape) !== undefined));
}

/** What can be typed of a shape. */
function toTyped(shape: ValueShape): ValueShape | undefined {
  if (shape.kind === "code") return undefined;
  if (shape.kind !== "either") return shape;
  const choices = shape.choices.flatMap((choice) => toTyped(choice) ?? []);
  return choices.length > 1 ? { kind: "either", choices } : choices[0];
}

/** What must be typed: a list's items are joined. */
function describeTyped(shape: ValueShape): string {
  const typed = toTyped(shape);
  const isList =
    typed?.kind === "list" || (typed?.kind === "either" && typed.choices.some(({ kind }) => kind === "list"));
  return `${describeShape(shape)}${isList ? ' joined with "|"' : ""}`;
}

/** What a value must be, in words that follow "lambda must be …". */
function describeShape(shape: ValueShape): string {
  switch (shape.kind) {
    case "number":
      return `${shape.isWhole ? "a whole number" : "a number"}${describeRange(shape.bounds)}`;
    case "flag":
      return "true or false";
    case "text":
      return "a text";
    case "choice":
      return shape.names.length === 1 ? shape.names.join() : `one of ${shape.names.join(", ")}`;
    case "list":
      return `a list of ${describePlural(shape.item)}`;
    case "either":
      return shape.choices.flatMap((choice) => (toTyped(choice) ? [describeShape(choice)] : [])).join(" or ");
    case "code":
      return "nothing";
  }
}

function describePlural(shape: ValueShape): string {
  switch (shape.kind) {
    case "number":
      return `${shape.isWhole ? "whole numbers" : "numbers"}${describeRange(shape.bounds)}`;
    case "choice":
      return shape.names.join(", ");
    case "flag":
    case "text":
    case "list":
    case "either":
    case "code":
      return "texts";
  }
}

/** Bounds behind "a number". */
function describeRange(bounds: Bounds): string {
  const words = describeBounds(bounds);
  return words === "" ? "" : words.startsWith("at ") ? ` of ${words}` : ` ${words}`;
}

/** How numbers are written: "0x10" and "Infinity" are texts. */
const DECIMAL = /^[-+]?(\d+\.?\d*|\.\d+)(e[-+]?\d+)?$/i;

/**
 * The value that a typed text stands for. Where the text is none of the kind wanted, it is returned as it is and the
 * rule refuses it.
 */
export function coerceText(shape: ValueShape, text: string | readonly string[]): unknown {
  switch (shape.kind) {
    case "either": {
      const values = shape.choices.map((choice) => coerceText(choice, text));
      return values.find((value) => typeof value !== "string" && !isTextList(value)) ?? text;
    }
    case "list":
      return (typeof text === "string" ? [text] : text).map((item) => coerceText(shape.item, item));
    case "flag":
      return text === "true" ? true : text === "false" ? false : text;
    case "number":
      return typeof text === "string" && DECIMAL.test(text) ? Number(text) : text;
    case "text":
    case "choice":
    case "code":
      return text;
  }
}

function isTextList(value: unknown): boolean {
  return Array.isArray(value) && value.some((item) => typeof item === "string");
}

/**
 * Says in words what is first wrong with typed options: "lambda must be at least 0, got -1"; undefined where nothing
 * is.
 * @param show How a value is shown. Default: as in every refusal.
 */
export function findOptionProblem(
  schema: OptionSchema,
  values: Readonly<Record<string, unknown>>,
  show: (value: unknown) => string = describeValue,
): string | undefined {
  const typed = listTyped(schema);
  const known = Object.keys(typed);
  // A name that is misspelt is missing, too.
  const unknown = Object.keys(values).find((name) => !Object.hasOwn(typed, name));
  if (unknown !== undefined) {
    return known.length > 0
      ? describeUnknownName("option", unknown, known)
      : `there are no options, got ${show(unknown)}`;
  }
  for (const [name, { shape, findFault, isRequired }] of Object.entries(typed)) {
    const value = values[name];
    if (value === undefined && isRequired) return `${name} is required, ${describeShape(shape)}`;
    const fault = value === undefined ? undefined : findFault(value);
    if (!fault) continue;
    const isOutOfRange = shape.kind === "number" && !shape.isWhole && typeof value === "number";
    return `${name} must be ${isOutOfRange ? fault.wanted : describeShape(shape)}, got ${show(value)}`;
  }
  return undefined;
}
