import { describe, expect, test } from "bun:test";
import { RangeRefusal, TypeRefusal } from "../../../src/core/errors/errors.ts";
import { assertOptions, type OptionRules } from "../../../src/core/options/assert_options.ts";
import {
  either,
  flag,
  listOf,
  number,
  objectLike,
  oneOf,
  required,
  text,
  wholeNumber,
} from "../../../src/core/options/value_rules.ts";

interface MadeOptions {
  readonly learningRate: number;
  readonly memSize?: number;
  readonly mode?: "separate" | "online";
  readonly nesterov?: boolean;
  readonly layerName?: string;
  readonly hiddenSizes?: readonly number[];
  readonly alpha?: number | readonly number[];
  readonly source?: { readonly rows: number };
}

const RULES: OptionRules<MadeOptions> = {
  learningRate: required(number({ atLeast: 0 })),
  memSize: wholeNumber(1),
  mode: oneOf(["separate", "online"]),
  nesterov: flag(),
  layerName: text(),
  hiddenSizes: listOf(wholeNumber(1)),
  alpha: either(number({ atLeast: 0, below: 1 }), listOf(number({ atLeast: 0, below: 1 }))),
  source: objectLike("a source", "rows"),
};

function refuse(options: unknown): () => void {
  return () => Reflect.apply(assertOptions, undefined, ["Made", options, RULES]);
}

describe("assertOptions()", () => {
  test("takes options that are undefined for options that are left out", () => {
    const absent = { memSize: undefined, mode: undefined, nesterov: undefined, alpha: undefined, source: undefined };
    refuse({ learningRate: 0.1, ...absent })();
    expect(refuse({ learningRate: undefined })).toThrow(new TypeRefusal("Made: learningRate is required"));
    expect(refuse({})).toThrow("Made: learningRate is required");
  });

  test("names the option that there is not, and the nearest names", () => {
    for (const [options, message] of [
      [{ learningRat: 1 }, 'Made: unknown option "learningRat", did you mean learningRate?'],
      [{ mem_size: 1 }, 'Made: unknown option "mem_size", did you mean memSize?'],
      [{ lr: 1 }, 'Made: unknown option "lr", did you mean learningRate?'],
      [{ zzzzzz: 1 }, "known: learningRate, memSize, mode, nesterov, layerName, hiddenSizes, alpha, source"],
    ] as const) {
      expect(refuse(options)).toThrow(TypeRefusal);
      expect(refuse(options)).toThrow(message);
    }
  });

  test("refuses what is no object in place of options", () => {
    for (const [options, message] of [
      [0.1, "Made: options must be an object such as { learningRate: … }, got 0.1"],
      [undefined, "got undefined"],
      [null, "got null"],
      [[1], "got [1]"],
    ] as const) {
      expect(refuse(options)).toThrow(TypeRefusal);
      expect(refuse(options)).toThrow(message);
    }
  });

  test("refuses a value of the wrong kind", () => {
    for (const [options, message] of [
      [{ learningRate: "0.1" }, 'Made: learningRate must be a number, got "0.1"'],
      [{ learningRate: null }, "Made: learningRate must be a number, got null"],
      [{ memSize: "5" }, 'Made: memSize must be a whole number, got "5"'],
      [{ mode: 1 }, 'Made: mode must be "separate" or "online", got 1'],
      [{ nesterov: "yes" }, 'Made: nesterov must be true or false, got "yes"'],
      [{ layerName: 3 }, "Made: layerName must be a string, got 3"],
      [{ hiddenSizes: 3 }, "Made: hiddenSizes must be an array, got 3"],
      [{ hiddenSizes: [3, "4"] }, 'Made: hiddenSizes[1] must be a whole number, got "4"'],
      [{ alpha: null }, "Made: alpha must be a number or an array, got null"],
      [{ source: 3 }, "Made: source must be a source, got 3"],
      [{ source: class Source {} }, "Made: source must be a source, got function Source"],
    ] as const) {
      expect(refuse({ learningRate: 1, ...options })).toThrow(TypeRefusal);
      expect(refuse({ learningRate: 1, ...options })).toThrow(message);
    }
  });

  test("refuses a value out of range", () => {
    for (const [options, message] of [
      [{ learningRate: -1 }, "Made: learningRate must be at least 0, got -1"],
      [{ learningRate: Number.NaN }, "Made: learningRate must be a number, got NaN"],
      [{ learningRate: Number.POSITIVE_INFINITY }, "Made: learningRate must be a finite number, got Infinity"],
      [{ memSize: 0 }, "Made: memSize must be at least 1, got 0"],
      [{ memSize: 0.5 }, "Made: memSize must be a whole number, got 0.5"],
      [{ memSize: 2 ** 60 }, "Made: memSize must be at most 9007199254740991, got 1152921504606847000"],
      [{ mode: "onlin" }, 'Made: mode must be "separate" or "online", got "onlin"'],
      [{ hiddenSizes: [0] }, "Made: hiddenSizes[0] must be at least 1, got 0"],
      [{ alpha: 1 }, "Made: alpha must be at least 0 and below 1, got 1"],
      [{ alpha: [0.5, 1] }, "Made: alpha[1] must be at least 0 and below 1, got 1"],
    ] as const) {
      expect(refuse({ learningRate: 1, ...options })).toThrow(RangeRefusal);
      expect(refuse({ learningRate: 1, ...options })).toThrow(message);
    }
  });
});
