import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import { liftNumbers } from "../../src/serving/protocol/lift_numbers.ts";
import { scanNumbers } from "../../src/serving/protocol/scan_numbers.ts";

const scan = (text: string, maxDepth = 3) => scanNumbers(new TextEncoder().encode(text), { start: 0, maxDepth });

/** Numbers as programs write them, and as none does. */
const numberText = fc.oneof(
  fc.double({ noNaN: true, noDefaultInfinity: true }).map((value) => JSON.stringify(value)),
  fc.float({ noNaN: true, noDefaultInfinity: true }).map((value) => JSON.stringify(value)),
  fc.double({ min: 0, max: 1, noNaN: true }).map((value) => value.toFixed(17)),
  fc
    .tuple(fc.bigInt({ min: -(10n ** 30n), max: 10n ** 30n }), fc.bigInt({ min: 0n, max: 10n ** 25n }))
    .map(([whole, part]) => `${whole}.${part}`),
  fc
    .tuple(fc.integer(), fc.integer({ min: -60, max: 60 }))
    .map(([whole, exponent]) => `${whole}E${exponent < 0 ? "" : "+"}${exponent}`),
  // Halfway between two float32, and next to it.
  fc
    .tuple(fc.float({ min: 1, max: 2, noNaN: true }), fc.constantFrom("", "0000000001", "1"))
    .map(([value, more]) => `${(value + 2 ** -24).toFixed(24)}${more}`),
  fc.constantFrom("0", "-0", "0.0", "-0.0", "1e400", "-1e400", "1e-400", "9007199254740993", "16777217", "0.1", "1E2"),
);
const space = fc.constantFrom("", " ", "\n", "\t\r ");

describe("scanNumbers()", () => {
  test("reads every number as a JSON parser does, rounded to float32", () => {
    fc.assert(
      fc.property(fc.array(fc.tuple(space, numberText, space), { minLength: 1, maxLength: 40 }), (parts) => {
        const text = `[${parts.map((part) => part.join("")).join(",")}]`;
        const found = scan(`${text}, more`);
        const wanted: number[] = JSON.parse(text);
        expect(found).toEqual({ values: Float32Array.from(wanted), depth: 0, end: text.length });
      }),
      { numRuns: 500 },
    );
  });

  test("reads lists within each other, and says how deep they stand", () => {
    expect(scan("[[1,2],[3,4]]")).toMatchObject({ values: Float32Array.of(1, 2, 3, 4), depth: 1 });
    expect(scan(" [1]".trim())).toMatchObject({ depth: 0 });
    expect(scan("[ [ [1] , [2] ] , [ [3] , [4] ] ]x")).toMatchObject({
      values: Float32Array.of(1, 2, 3, 4),
      depth: 2,
      end: 33,
    });
    expect(scan("[[[1]]]", 1)).toBeUndefined();
    const long = Array.from({ length: 5000 }, (_, i) => i / 7);
    expect(scan(JSON.stringify(long))?.values).toEqual(Float32Array.from(long));
    expect(scan(JSON.stringify([1, 2]))?.values).toEqual(Float32Array.of(1, 2));
  });

  test("leaves to a JSON parser what is no list of numbers, or no JSON", () => {
    const others = [
      "[]",
      "[1,]",
      "[,1]",
      "[1 2]",
      "[01]",
      "[+1]",
      "[.5]",
      "[1.]",
      "[1e]",
      "[1e+]",
      "[-]",
      "[1",
      "[1,2",
      '["1"]',
      "[null]",
      "[1,[2]]",
      "[[1],2]",
      "[[1],[]]",
      "[[1]",
      "1",
      "",
      "[1]]".slice(0, 2),
      "[NaN]",
      "[0x1]",
    ];
    for (const text of others) expect([text, scan(text)]).toEqual([text, undefined]);
  });
});

describe("liftNumbers()", () => {
  const lift = (text: string) => {
    const { json, lists } = liftNumbers(new TextEncoder().encode(text), 2);
    return [new TextDecoder().decode(json), [...(lists ?? [])].map(([name, { values }]) => [name, [...values]])];
  };

  test("takes lists of numbers from under the key data alone, wherever they stand", () => {
    expect(lift('{"a":[1],"data" : [1, 2],"b":{"data":[[3],[4]]}}')).toEqual([
      '{"a":[1],"data" : "\uffff0","b":{"data":"\uffff1"}}',
      [
        ["\uffff0", [1, 2]],
        ["\uffff1", [3, 4]],
      ],
    ]);
    for (const text of [
      '{"data":["x",1]}',
      '{"data":1}',
      '{"a":"data"}',
      '{"a":"\\"data\\":[1]"}',
      '{"data":[]}',
      "data",
      "",
    ]) {
      expect(lift(text)).toEqual([text, []]);
    }
  });
});
