import { describe, expect, test } from "bun:test";
import { z } from "zod";
import { CliError } from "../../src/cli/cli_error.ts";
import {
  createNamed,
  defineFactory,
  describeRegistry,
  type Registry,
  resolveNamed,
} from "../../src/cli/named_factory.ts";

const shapes: Registry<{ unit: string }, string> = {
  kind: "shape",
  factories: [
    defineFactory({
      name: "circle",
      summary: "a round one",
      options: z.strictObject({ radius: z.number().min(0).max(100).default(1).describe("half its width") }),
      create: ({ radius }, { unit }: { unit: string }) => `circle of ${radius} ${unit}`,
    }),
    defineFactory({
      name: "polygon",
      summary: "one with corners",
      options: z.strictObject({ corners: z.int().min(3).describe("how many"), sides: z.array(z.number()).optional() }),
      create: ({ corners, sides = [] }) => `polygon of ${corners} corners and ${sides.length} sides`,
    }),
    defineFactory({ name: "point", summary: "one without", options: z.strictObject({}), create: () => "point" }),
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
    ["cirle", 'Cannot choose a shape: unknown shape "cirle", did you mean circle?'],
    ["hexahedron", 'Cannot choose a shape: unknown shape "hexahedron"; known: circle, polygon, point'],
    ["circle:radios=1", 'Cannot use the shape circle: unknown option "radios", did you mean radius?'],
    ["circle:radius=101", 'Cannot use the shape circle: wanted radius to be a number from 0 to 100, got "101"'],
    ["circle:radius=wide", 'Cannot use the shape circle: wanted radius to be a number from 0 to 100, got "wide"'],
    ["circle:radius=1|2", 'Cannot use the shape circle: wanted radius to be a number from 0 to 100, got "1|2"'],
    ["polygon", "Cannot use the shape polygon: wanted corners, a whole number of at least 3, got nothing"],
    [
      "polygon:corners=3.5",
      'Cannot use the shape polygon: wanted corners to be a whole number of at least 3, got "3.5"',
    ],
    ["point:size=1", 'Cannot use the shape point: it has no options, got "size"'],
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
});

describe("describeRegistry()", () => {
  test("lists every entry with its options", () => {
    expect(describeRegistry(shapes).map(({ name, options }) => [name, options.map((option) => option.name)])).toEqual([
      ["circle", ["radius"]],
      ["polygon", ["corners", "sides"]],
      ["point", []],
    ]);
  });
});
