import { describe, expect, test } from "bun:test";
import { coerceText, describeOptions, findOptionProblem } from "../../../src/cli/options/option_text.ts";
import { optional, withDefault } from "../../../src/core/options/option_schema.ts";
import {
  either,
  flag,
  listOf,
  number,
  oneOf,
  required,
  text,
  wholeNumber,
} from "../../../src/core/options/value_rules.ts";

const schema = {
  rate: withDefault(number({ above: 0, below: 1 }), 0.5, "the rate"),
  count: required(wholeNumber(1), "how many"),
  order: optional(listOf(wholeNumber(0, 9)), ""),
  isLoud: withDefault(flag(), false, ""),
  mode: withDefault(oneOf(["a", "b"]), "a", ""),
  modes: optional(listOf(oneOf(["a", "b"])), ""),
  file: optional(text(1), ""),
  alpha: optional(either(number({ atLeast: 0 }), listOf(number({ atLeast: 0 }))), ""),
};

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
  const coerce = (name: keyof typeof schema, text: string | readonly string[]) => coerceText(schema[name].shape, text);

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
      expect(findOptionProblem(schema, { count: 1, [name]: coerce(name, text) })).toMatch(
        new RegExp(`^${name} must be `),
      );
    }
  });
});
