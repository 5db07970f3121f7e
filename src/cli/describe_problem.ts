import { z } from "zod";
import { describeUnknownName, describeValue } from "../core/errors/errors.ts";
import { describeBounds, describeKind, type JSONSchema, readItems } from "./options/option_schema.ts";

/** The place of what is wrong, and what must be there. */
interface Place {
  readonly path: readonly string[];
  readonly property: JSONSchema;
  readonly value: unknown;
}

/**
 * Says in words what is first wrong with a value that a schema refuses: "lambda must be at least 0, got -1".
 * @param show How a value is shown. Default: as in every refusal.
 */
export function describeProblem(
  schema: z.ZodObject,
  value: unknown,
  { what = "option", show = describeValue }: { what?: string; show?: (value: unknown) => string } = {},
): string {
  const issues = schema.safeParse(value).error?.issues ?? [];
  // A name that is misspelt is missing, too.
  const issue = issues.find(({ code }) => code === "unrecognized_keys") ?? issues[0];
  const place = findPlace(z.toJSONSchema(schema, { io: "input" }), value, issue?.path ?? []);
  const path = place.path.join(".");
  if (issue?.code === "unrecognized_keys") {
    const known = Object.keys(place.property.properties ?? {});
    const name = [...place.path, ...issue.keys.slice(0, 1)].join(".");
    return known.length > 0 ? describeUnknownName(what, name, known) : `there are no ${what}s, got ${show(name)}`;
  }
  if (issue?.code === "custom") return issue.message;
  const kind = describeKind(place.property);
  if (place.value === undefined) return `${path} is required, ${kind}`;
  const isOutOfRange = place.property.type === "number" && typeof place.value === "number";
  const wanted = isOutOfRange ? describeBounds(place.property) || kind : kind;
  return path === ""
    ? `expected ${kind}, got ${show(place.value)}`
    : `${path} must be ${wanted}, got ${show(place.value)}`;
}

/** Follows the path of an issue through objects and lists of objects; what a plain list holds is shown whole. */
function findPlace(property: JSONSchema, value: unknown, path: readonly PropertyKey[]): Place {
  const [key, ...rest] = path;
  if (key === undefined || typeof key === "symbol") return { path: [], property, value };
  const inner = typeof key === "number" ? readItems(property) : property.properties?.[key];
  if (typeof inner !== "object" || (typeof key === "number" && inner.type !== "object")) {
    return { path: [], property, value };
  }
  const held = typeof value === "object" && value !== null ? Reflect.get(value, key) : undefined;
  const place = findPlace(inner, held, rest);
  return { ...place, path: [String(key), ...place.path] };
}
