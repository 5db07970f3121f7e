import { z } from "zod";

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

/** What zod says of a value that it takes. */
export type JSONSchema = z.core.JSONSchema.BaseSchema;

/** The options of a schema in the order in which they were declared. */
export function describeOptions(schema: z.ZodObject): OptionDescription[] {
  const { required = [] } = z.toJSONSchema(schema, { io: "input" });
  return Object.entries(readProperties(schema)).map(([name, property]) => ({
    name,
    summary: property.description ?? "",
    takes: describeTyped(property),
    required: required.includes(name),
    ...("default" in property ? { default: property.default } : {}),
  }));
}

/** The JSON schema of each option. */
export function readProperties(schema: z.ZodObject): Readonly<Record<string, JSONSchema>> {
  const { properties = {} } = z.toJSONSchema(schema, { io: "input" });
  return Object.fromEntries(
    Object.entries(properties).flatMap(([name, property]) => (typeof property === "object" ? [[name, property]] : [])),
  );
}

/** What must be typed: a list's items are joined. */
export function describeTyped(property: JSONSchema): string {
  const isList = property.type === "array" || property.anyOf?.some((choice) => toSchema(choice).type === "array");
  return `${describeKind(property)}${isList ? ' joined with "|"' : ""}`;
}

/** What a value must be, in words that follow "lambda must be …". */
export function describeKind(property: JSONSchema): string {
  if (property.anyOf) return property.anyOf.map((choice) => describeKind(toSchema(choice))).join(" or ");
  if (property.enum) return `one of ${property.enum.join(", ")}`;
  if (property.const !== undefined) return String(property.const);
  switch (property.type) {
    case "boolean":
      return "true or false";
    case "integer":
      return `a whole number${describeRange(property)}`;
    case "number":
      return `a number${describeRange(property)}`;
    case "array":
      return `a list of ${describePlural(property)}`;
    case "object":
      return "an object";
    case "null":
      return "null";
    default:
      return "a text";
  }
}

/** How numbers are written: "0x10" and "Infinity" are texts. */
const DECIMAL = /^[-+]?(\d+\.?\d*|\.\d+)(e[-+]?\d+)?$/i;

/**
 * The value that a typed text stands for. Where the text is none of the kind wanted, it is returned as it is and
 * the schema refuses it.
 */
export function coerceText(property: JSONSchema, text: string | readonly string[]): unknown {
  if (property.anyOf) {
    const values = property.anyOf.map((choice) => coerceText(toSchema(choice), text));
    return values.find((value) => typeof value !== "string" && !isTextList(value)) ?? text;
  }
  if (property.type === "array") {
    const items = readItems(property);
    return (typeof text === "string" ? [text] : text).map((item) => coerceText(items, item));
  }
  if (typeof text !== "string") return text;
  if (property.type === "boolean") return text === "true" ? true : text === "false" ? false : text;
  if (property.type !== "number" && property.type !== "integer") return text;
  return DECIMAL.test(text) ? Number(text) : text;
}

function isTextList(value: unknown): boolean {
  return Array.isArray(value) && value.some((item) => typeof item === "string");
}

function describePlural(property: JSONSchema): string {
  const items = readItems(property);
  if (items.enum) return items.enum.join(", ");
  if (items.type === "integer") return `whole numbers${describeRange(items)}`;
  if (items.type === "object") return "objects";
  return items.type === "number" ? `numbers${describeRange(items)}` : "texts";
}

/** What a list holds. */
export function readItems({ items }: JSONSchema): JSONSchema {
  return toSchema(Array.isArray(items) ? undefined : items);
}

/** JSON Schema allows `true` where any value will do. */
function toSchema(schema: JSONSchema | boolean | undefined): JSONSchema {
  return typeof schema === "object" ? schema : {};
}

/** The bounds of a number: "at least 0", "from 0 to 1", or nothing. */
export function describeBounds(property: JSONSchema): string {
  const { minimum, maximum } = property;
  if (isTelling(minimum) && isTelling(maximum)) return `from ${minimum} to ${maximum}`;
  const bounds = [
    ["at least", minimum],
    ["above", property.exclusiveMinimum],
    ["at most", maximum],
    ["below", property.exclusiveMaximum],
  ] as const;
  const parts = bounds.filter(([, bound]) => isTelling(bound)).map(([words, bound]) => `${words} ${bound}`);
  return parts.join(" and ");
}

/** The same behind "a number". */
function describeRange(property: JSONSchema): string {
  const bounds = describeBounds(property);
  return bounds === "" ? "" : bounds.startsWith("at ") ? ` of ${bounds}` : ` ${bounds}`;
}

/** zod bounds whole numbers by what a double holds exactly, which tells a reader nothing. */
function isTelling(bound: number | boolean | undefined): boolean {
  return typeof bound === "number" && Math.abs(bound) < Number.MAX_SAFE_INTEGER;
}
