import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import { CliError } from "../../src/cli/cli_error.ts";
import { formatNamed, parseNamed } from "../../src/cli/parse_named.ts";

describe("parseNamed()", () => {
  test("reads a name, its options, and lists", () => {
    expect(parseNamed("naive")).toEqual({ name: "naive", options: {} });
    expect(parseNamed("ewc:lambda=0.4,mode=online")).toEqual({
      name: "ewc",
      options: { lambda: "0.4", mode: "online" },
    });
    expect(parseNamed("lwf:alpha=0|0.5|1.33")).toEqual({ name: "lwf", options: { alpha: ["0", "0.5", "1.33"] } });
  });

  test("names a text that begins with an option by that option's key", () => {
    expect(parseNamed("path=./my_model.ts")).toEqual({ name: "path", options: { path: "./my_model.ts" } });
    expect(parseNamed("path=./a=b.ts")).toEqual({ name: "path", options: { path: "./a=b.ts" } });
  });

  test("refuses another form", () => {
    for (const text of ["", ":", "ewc:", "ewc:lambda", "ewc:lambda=", "ewc:=1", "ewc:a=1,,b=2", "0=1", "a b"]) {
      expect(() => parseNamed(text)).toThrow(CliError);
    }
  });

  test("refuses an option that is given twice", () => {
    expect(() => parseNamed("ewc:lambda=1,lambda=2")).toThrow('wanted each option once, got "lambda"');
  });
});

describe("formatNamed()", () => {
  test("writes what parseNamed() reads, and leaves undefined options out", () => {
    const key = fc.stringMatching(/^[A-Za-z]\w{0,8}$/);
    const value = fc.stringMatching(/^[\w./+-]{1,8}$/);
    const values = fc.oneof(value, fc.array(value, { minLength: 2, maxLength: 4 }));
    const name = fc.stringMatching(/^[a-z][a-z0-9-]{0,10}$/);
    fc.assert(
      fc.property(name, fc.dictionary(key, values, { noNullPrototype: true }), (made, options) => {
        expect(parseNamed(formatNamed({ name: made, options }))).toEqual({ name: made, options });
      }),
    );
    expect(formatNamed({ name: "a", options: { b: undefined, c: 1, d: true } })).toBe("a:c=1,d=true");
  });
});
