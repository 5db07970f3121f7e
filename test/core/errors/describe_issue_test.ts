import { describe, expect, test } from "bun:test";
import { z } from "zod";
import { describeIssue } from "../../../src/core/errors/describe_issue.ts";

const schema = z.strictObject({
  share: z.number(),
  count: z.int().min(1).max(5),
  above: z.number().gt(0),
  names: z.array(z.string()),
  kind: z.enum(["a", "b"]),
  version: z.literal(1),
  inner: z.strictObject({ on: z.boolean() }).nullable(),
  either: z.union([z.number(), z.nan(), z.null()]),
  place: z.discriminatedUnion("kind", [z.object({ kind: z.literal("x") }), z.object({ kind: z.literal("y") })]),
  vector: z.instanceof(Float32Array),
  path: z.string().regex(/^a$/, "the letter a"),
});

const GOOD = {
  share: 1,
  count: 1,
  above: 1,
  names: [],
  kind: "a",
  version: 1,
  inner: null,
  either: 1,
  place: { kind: "x" },
  vector: new Float32Array(1),
  path: "a",
};

const CASES: readonly (readonly [change: Record<string, unknown>, message: string])[] = [
  [{ share: "x" }, 'share must be a number, got "x"'],
  [{ share: undefined }, "share is missing"],
  [{ share: Number.POSITIVE_INFINITY }, "share must be a number, got Infinity"],
  [{ count: 1.5 }, "count must be a whole number, got 1.5"],
  [{ count: 0 }, "count must be at least 1, got 0"],
  [{ count: 9 }, "count must be at most 5, got 9"],
  [{ above: 0 }, "above must be above 0, got 0"],
  [{ names: [1] }, "names.0 must be a text, got 1"],
  [{ names: {} }, "names must be a list, got an object of class Object"],
  [{ kind: "z" }, 'kind must be "a" or "b", got "z"'],
  [{ version: 2 }, "version must be 1, got 2"],
  [{ inner: { on: 1 } }, "inner.on must be true or false, got 1"],
  [{ inner: { on: true, off: 1 } }, 'unknown field "off" in inner'],
  [{ either: "x" }, 'either must be a number or NaN or null, got "x"'],
  [{ place: { kind: "z" } }, 'place.kind must be "x" or "y", got "z"'],
  [{ vector: [] }, "vector must be a Float32Array, got []"],
  [{ path: "b" }, 'path must be the letter a, got "b"'],
  [{ more: 1 }, 'unknown field "more"'],
];

describe("describeIssue()", () => {
  for (const [change, message] of CASES) {
    test(message, () => {
      const value = { ...GOOD, ...change };
      const { error } = schema.safeParse(value);
      expect(error && describeIssue(error, value)).toBe(message);
    });
  }

  test("calls a value by nothing but its kind, when no part of it is right", () => {
    const { error } = schema.safeParse(null);
    expect(error && describeIssue(error, null)).toBe("it must be an object, got null");
  });
});
