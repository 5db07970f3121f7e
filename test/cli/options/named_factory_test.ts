import { describe, expect, test } from "bun:test";
import { CliError } from "../../../src/cli/cli_error.ts";
import {
  createNamed,
  defineFactory,
  describeRegistry,
  type Registry,
  resolveNamed,
} from "../../../src/cli/options/named_factory.ts";
import { TypeRefusal } from "../../../src/core/errors/errors.ts";
import { optional, withDefault } from "../../../src/core/options/option_schema.ts";
import { listOf, number, required, text, wholeNumber } from "../../../src/core/options/value_rules.ts";

const shapes: Registry<{ unit: string }, string> = {
  kind: "shape",
  factories: [
    defineFactory({
      name: "circle",
      summary: "a round one",
      options: { radius: withDefault(number({ atLeast: 0, atMost: 100 }), 1, "half its width") },
      create: ({ radius }, { unit }: { unit: string }) => `circle of ${radius} ${unit}`,
    }),
    defineFactory({
      name: "polygon",
      summary: "one with corners",
      options: {
        corners: required(wholeNumber(3), "how many"),
        sides: optional(listOf(number()), ""),
        side: optional(number({ atLeast: 0 }), ""),
        name: optional(text(), ""),
      },
      create: ({ corners, sides = [] }) => `polygon of ${corners} corners and ${sides.length} sides`,
    }),
    defineFactory({ name: "point", summary: "one without", options: {}, create: () => "point" }),
  ],
};

describe("resolveNamed()", () => {
  test("validates the options and fills in the defaults", () => {
    expect(resolveNamed(shapes, "circle")).toEqual({ name: "circle", options: { radius: 1 } });
    expect(resolveNamed(shapes, "polygon:corners=3,sides=1|2|3")).toEqual({
      name: "polygon",
      options: { corners: 3, sides: [1, 2, 3] },
    });
  });

  const refusals = [
    ["cirle", 'unknown shape "cirle", did you mean circle?'],
    ["hexahedron", 'unknown shape "hexahedron"; known: circle, polygon, point'],
    ["circle:radios=1", 'circle: unknown option "radios", did you mean radius?'],
    ["circle:radius=101", "circle: radius must be from 0 to 100, got 101"],
    ["circle:radius=wide", 'circle: radius must be a number from 0 to 100, got "wide"'],
    ["circle:radius=1|2", 'circle: radius must be a number from 0 to 100, got "1|2"'],
    ["circle:constructor=1", 'circle: unknown option "constructor"; known: radius'],
    ["polygon", "polygon: corners is required, a whole number of at least 3"],
    ["polygon:corner=3", 'polygon: unknown option "corner", did you mean corners?'],
    ["polygon:corners=3.5", "polygon: corners must be a whole number of at least 3, got 3.5"],
    ["polygon:corners=3,sides=1|x", 'polygon: sides must be a list of numbers, got "1|x"'],
    ["polygon:corners=3,side=-1", "polygon: side must be at least 0, got -1"],
    [
      "polygon:corners=3,name=a|b",
      'polygon: name must be a text, got "a|b"; quote a value that holds "," or "|": key="a,b"',
    ],
    ["point:size=1", 'point: there are no options, got "size"'],
  ] as const;
  for (const [text, message] of refusals) {
    test(`refuses ${text} in one line`, () => {
      expect(() => resolveNamed(shapes, text)).toThrow(new CliError(message));
    });
  }
});

describe("createNamed()", () => {
  test("makes what was resolved, with its context", () => {
    expect(createNamed(shapes, resolveNamed(shapes, "circle:radius=2"), { unit: "cm" })).toBe("circle of 2 cm");
  });

  test("makes the same from options that went through JSON, as config.json's do", () => {
    const resolved = resolveNamed(shapes, "polygon:corners=4");
    expect(createNamed(shapes, JSON.parse(JSON.stringify(resolved)), { unit: "" })).toBe(
      createNamed(shapes, resolved, { unit: "" }),
    );
  });

  test("refuses options of a config.json that its schema refuses", () => {
    const make = (options: Record<string, unknown>) => createNamed(shapes, { name: "polygon", options }, { unit: "" });
    for (const [options, message] of [
      [{ corners: "4" }, 'polygon: corners must be a whole number of at least 3, got "4"'],
      [{ corners: 4, sides: [1, "x"] }, 'polygon: sides must be a list of numbers, got [1, "x"]'],
      [{ corners: 4, angle: 1 }, 'polygon: unknown option "angle"; known: corners, sides, side, name'],
      [{}, "polygon: corners is required, a whole number of at least 3"],
    ] as const) {
      expect(() => make(options)).toThrow(new TypeRefusal(message));
      expect(() => make(options)).toThrow(TypeRefusal);
    }
  });
});

describe("describeRegistry()", () => {
  test("lists every entry with its options", () => {
    expect(describeRegistry(shapes).map(({ name, options }) => [name, options.map((option) => option.name)])).toEqual([
      ["circle", ["radius"]],
      ["polygon", ["corners", "sides", "side", "name"]],
      ["point", []],
    ]);
  });
});
