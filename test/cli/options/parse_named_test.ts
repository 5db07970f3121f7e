import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import { CliError } from "../../../src/cli/cli_error.ts";
import { formatNamed, parseNamed } from "../../../src/cli/options/parse_named.ts";

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

  test("takes a folder or file alone behind run and checkpoint, whatever its name", () => {
    for (const path of ["runs/a", "sweep/ewc-lambda=1,mode=online-seed-0", 'C:\\"a"|b', "path"]) {
      expect(parseNamed(`run:${path}`)).toEqual({ name: "run", options: { path } });
    }
    expect(parseNamed("checkpoint:a=b/c")).toEqual({ name: "checkpoint", options: { a: "b/c" } });
    expect(parseNamed('checkpoint:path="a,b"')).toEqual({ name: "checkpoint", options: { path: "a,b" } });
    expect(() => parseNamed("run:")).toThrow("expected key=value");
  });

  test("reads quoted values as they are, commas, bars and other quotes included", () => {
    const readPath = (text: string) => parseNamed(`directory:path=${text},imageSize=32`).options;
    for (const [text, path] of [
      ['"my,data|x"', "my,data|x"],
      ["'my,data|x'", "my,data|x"],
      [String.raw`"a \"b\" c"`, 'a "b" c'],
      [String.raw`'it\'s'`, "it's"],
      [`"it's"`, "it's"],
      [String.raw`"C:\\data\new"`, String.raw`C:\data\new`],
      ['""', ""],
      [`it's "so"`, `it's "so"`],
      ["a=b:c", "a=b:c"],
    ] as const) {
      expect(readPath(text)).toEqual({ path, imageSize: "32" });
    }
    expect(parseNamed(`a:b="1|2"|'3,4'|5`).options).toEqual({ b: ["1|2", "3,4", "5"] });
    expect(parseNamed('path="./a,b.ts"')).toEqual({ name: "path", options: { path: "./a,b.ts" } });
  });

  test("refuses another form, and says what is wrong with it", () => {
    const form = "expected NAME or NAME:key=value,key=value";
    const hint = 'quote a value that holds "," or "|": key="a,b"';
    for (const [text, problem] of [
      ["", form],
      [":", form],
      ["0=1", form],
      ["a b", form],
      ["ewc:", `expected key=value, got ""; ${hint}`],
      ["ewc:lambda", `expected key=value, got "lambda"; ${hint}`],
      ["ewc:=1", `expected key=value, got "=1"; ${hint}`],
      ["directory:path=my,data", `expected key=value, got "data"; ${hint}`],
      ["ewc:a=1,", `expected key=value, got ""; ${hint}`],
      ["ewc:a=1,,b=2", `expected key=value, got ""; ${hint}`],
      ["ewc:lambda=", 'a value is missing; write "" for an empty text'],
      ["ewc:lambda=1||2", 'a value is missing; write "" for an empty text'],
      ["ewc:lambda=1,lambda=2", "lambda is given twice"],
      ['a:b="c', 'the quote " is not closed'],
      [String.raw`a:b='c\'`, "the quote ' is not closed"],
      ['a:b="c"d', 'expected "," or "|" after a quoted value'],
    ] as const) {
      expect(() => parseNamed(text)).toThrow(new CliError(`${text || '""'}: ${problem}`));
    }
  });

  test("reads a value of a hundred thousand characters", () => {
    const path = "a\\,".repeat(33_000);
    expect(parseNamed(formatNamed({ name: "directory", options: { path } })).options).toEqual({ path });
  });
});

describe("formatNamed()", () => {
  test("writes what parseNamed() reads, whatever characters there are", () => {
    const key = fc.constantFrom("a", "path", "memSize", "B2", "a_1");
    const special = [",", "|", '"', "'", "\\", "=", ":", " ", "\n", "\0", "\u001b", "\ud800", "ü"];
    const value = fc.string({ unit: fc.constantFrom("a", ...special), maxLength: 8 });
    const values = fc.oneof(value, fc.array(value, { minLength: 2, maxLength: 4 }));
    const name = fc.constantFrom("a", "er-ace", "split-cifar10", "Adam_W");
    fc.assert(
      fc.property(name, fc.dictionary(key, values, { noNullPrototype: true, maxKeys: 4 }), (made, options) => {
        expect(parseNamed(formatNamed({ name: made, options }))).toEqual({ name: made, options });
      }),
    );
  });

  test("leaves undefined options out, and quotes only what must be", () => {
    expect(formatNamed({ name: "a", options: { b: undefined, c: 1, d: true } })).toBe("a:c=1,d=true");
    expect(formatNamed({ name: "a", options: { b: ["x y", "1,2"], c: 'say "x"' } })).toBe('a:b=x y|"1,2",c=say "x"');
  });
});
