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

type JSONSchema = z.core.JSONSchema.BaseSchema;

/** The options of a schema in the order in which they were declared. */
export function describeOptions(schema: z.ZodObject): OptionDescription[] {
  const { required = [] } = z.toJSONSchema(schema, { io: "input" });
  return Object.entries(readProperties(schema)).map(([name, property]) => ({
    name,
    summary: property.description ?? "",
    takes: describeKind(property),
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

/** What a value must be, in words that follow "wanted lambda to be …". */
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
      return `a list of ${describePlural(property)} joined with "|"`;
    default:
      return "a text";
  }
}

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
  const value = Number(text);
  return text.trim() === "" || Number.isNaN(value) ? text : value;
}

function isTextList(value: unknown): boolean {
  return Array.isArray(value) && value.some((item) => typeof item === "string");
}

function describePlural(property: JSONSchema): string {
  const items = readItems(property);
  if (items.enum) return items.enum.join(", ");
  if (items.type === "integer") return `whole numbers${describeRange(items)}`;
  return items.type === "number" ? `numbers${describeRange(items)}` : "texts";
}

function readItems({ items }: JSONSchema): JSONSchema {
  return toSchema(Array.isArray(items) ? undefined : items);
}

/** JSON Schema allows `true` where any value will do. */
function toSchema(schema: JSONSchema | boolean | undefined): JSONSchema {
  return typeof schema === "object" ? schema : {};
}

function describeRange(property: JSONSchema): string {
  const { minimum, maximum } = property;
  if (isTelling(minimum) && isTelling(maximum)) return ` from ${minimum} to ${maximum}`;
  const bounds = [
    ["of at least", minimum],
    ["above", property.exclusiveMinimum],
    ["of at most", maximum],
    ["below", property.exclusiveMaximum],
  ] as const;
  const parts = bounds.filter(([, bound]) => isTelling(bound)).map(([words, bound]) => `${words} ${bound}`);
  return parts.length > 0 ? ` ${parts.join(" and ")}` : "";
}

/** zod bounds whole numbers by what a double holds exactly, which tells a reader nothing. */
function isTelling(bound: number | boolean | undefined): boolean {
  return typeof bound === "number" && Math.abs(bound) < Number.MAX_SAFE_INTEGER;
}
