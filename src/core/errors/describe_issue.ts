import type { core } from "zod";
import { describeValue } from "./errors.ts";

/** The first thing that is wrong with `value` by a schema: "experiences.0.epochs must be a number, got \"x\"". */
export function describeIssue({ issues }: Pick<core.$ZodError, "issues">, value: unknown): string {
  const [issue] = issues;
  if (!issue) return "its form is another one";
  const subject = issue.path.map(String).join(".") || "it";
  const got = readAt(value, issue.path);
  if (issue.code === "unrecognized_keys") {
    const place = issue.path.length === 0 ? "" : ` in ${subject}`;
    return `unknown field ${describeValue(issue.keys[0])}${place}`;
  }
  if (got === undefined && issue.path.length > 0) return `${subject} is missing`;
  return `${subject} must be ${describeWanted(issue)}, got ${describeValue(got)}`;
}

/** What the schema wants, in words that follow "must be". */
function describeWanted(issue: core.$ZodIssue): string {
  switch (issue.code) {
    case "invalid_type":
      return KINDS[issue.expected] ?? `a ${issue.expected}`;
    case "invalid_value":
      return issue.values.map(describeValue).join(" or ");
    case "too_small":
      return `${issue.inclusive === false ? "above" : "at least"} ${issue.minimum}`;
    case "too_big":
      return `${issue.inclusive === false ? "below" : "at most"} ${issue.maximum}`;
    case "invalid_union":
      return describeChoices(issue);
    default:
      // A schema with a message of its own words it so that it follows "must be".
      return issue.message;
  }
}

function describeChoices(issue: core.$ZodIssueInvalidUnion): string {
  if ("options" in issue && Array.isArray(issue.options)) return issue.options.map(describeValue).join(" or ");
  const wanted = issue.errors.flatMap(([first]) => (first ? [describeWanted(first)] : []));
  return [...new Set(wanted)].join(" or ") || "of another form";
}

const KINDS: Readonly<Record<string, string>> = {
  int: "a whole number",
  number: "a number",
  nan: "NaN",
  string: "a text",
  boolean: "true or false",
  array: "a list",
  tuple: "a list",
  object: "an object",
  record: "an object",
  null: "null",
};

function readAt(value: unknown, path: readonly PropertyKey[]): unknown {
  let found = value;
  for (const key of path) {
    if (typeof found !== "object" || found === null || !Object.hasOwn(found, key)) return undefined;
    found = Reflect.get(found, key);
  }
  return found;
}
