import { describe, expect, test } from "bun:test";
import { z } from "zod";
import { coerceText, describeOptions, readProperties } from "../../../src/cli/options/option_schema.ts";

const schema = z.strictObject({
  rate: z.number().gt(0).lt(1).default(0.5).describe("the rate"),
  count: z.int().min(1).describe("how many"),
  order: z.array(z.int().min(0).max(9)).optional(),
  isLoud: z.boolean().default(false),
  mode: z.enum(["a", "b"]).default("a"),
  modes: z.array(z.enum(["a", "b"])).optional(),
  file: z.string().min(1).optional(),
  alpha: z.union([z.number().min(0), z.array(z.number().min(0))]).optional(),
});

describe("describeOptions()", () => {
  test("tells what each option takes, its default, and whether it must be given", () => {
    expect(describeOptions(schema)).toEqual([
      { name: "rate", summary: "the rate", takes: "a number above 0 and below 1", required: false, default: 0.5 },
      { name: "count", summary: "how many", takes: "a whole number of at least 1", required: true },
      { name: "order", summary: "", takes: 'a list of whole numbers from 0 to 9 joined with "|"', required: false },
      { name: "isLoud", summary: "", takes: "true or false", required: false, default: false },
      { name: "mode", summary: "", takes: "one of a, b", required: false, default: "a" },
      { name: "modes", summary: "", takes: 'a list of a, b joined with "|"', required: false },
      { name: "file", summary: "", takes: "a text", required: false },
      {
        name: "alpha",
        summary: "",
        takes: 'a number of at least 0 or a list of numbers of at least 0 joined with "|"',
        required: false,
      },
    ]);
  });
});

describe("coerceText()", () => {
  const properties = readProperties(schema);
  const coerce = (name: string, text: string | readonly string[]) => coerceText(properties[name] ?? {}, text);

  test("makes of a text what the option takes", () => {
    expect(coerce("rate", "1e-3")).toBe(0.001);
    expect(coerce("count", "12")).toBe(12);
    expect(coerce("rate", ".5")).toBe(0.5);
    expect(coerce("rate", "+2.E-1")).toBe(0.2);
    expect(coerce("order", ["3", "1"])).toEqual([3, 1]);
    expect(coerce("order", "12")).toEqual([12]);
    expect(coerce("isLoud", "true")).toBe(true);
    expect(coerce("isLoud", "false")).toBe(false);
    expect(coerce("mode", "b")).toBe("b");
    expect(coerce("file", "12")).toBe("12");
    expect(coerce("alpha", "0.5")).toBe(0.5);
    expect(coerce("alpha", ["0", "0.5"])).toEqual([0, 0.5]);
  });

  test("leaves a text that is no such thing for the schema to refuse", () => {
    for (const [name, text] of [
      ["rate", "fast"],
      ["alpha", " "],
      ["count", "12x"],
      ["count", "0x10"],
      ["count", "1e400"],
      ["rate", "Infinity"],
      ["rate", "0b0"],
      ["rate", ""],
      ["rate", "."],
      ["isLoud", "1"],
      ["rate", ["1", "2"]],
    ] as const) {
      expect(schema.safeParse({ count: 1, [name]: coerce(name, text) }).success).toBe(false);
    }
  });
});
