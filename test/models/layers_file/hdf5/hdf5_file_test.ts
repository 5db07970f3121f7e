import { describe, expect, test } from "bun:test";
import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import fc from "fast-check";
import { readZip } from "../../../../src/core/archives/zip_reader.ts";
import { RefusalError } from "../../../../src/core/errors/errors.ts";
import { openHdf5 } from "../../../../src/models/layers_file/hdf5/hdf5_file.ts";
import { BIG_ENDIAN, CHUNKED, MANY, NEWER, NUMBERS } from "./hdf5_files.ts";

const WORDS = fileURLToPath(new URL("../keras3/words.keras", import.meta.url));
const weights = readZip(readFileSync(WORDS), "words").get("model.weights.h5")?.read() ?? new Uint8Array();

function readAll(bytes: Uint8Array): Record<string, [string, number[]]> {
  const arrays = [...openHdf5(bytes, "made.h5").arrays];
  return Object.fromEntries(arrays.map(([name, { shape, read }]) => [name, [shape.join(), [...read()]]]));
}

describe("openHdf5()", () => {
  test("gives the numbers that h5py wrote, of every type that there is a rule for", () => {
    expect(readAll(NUMBERS)).toEqual({
      "group/double": ["2,2", [1, -0.5, 2.25, 1e9]],
      "group/half": ["6", [0, 1, -2.5, 65504, 2 ** -24, Number.NEGATIVE_INFINITY]],
      "group/inner/int": ["3", [1, -2, 3]],
      "group/inner/long": ["", [-7]],
      "group/inner/unsigned": ["1", [2 ** 32]],
      unwritten: ["2", [0, 0]],
    });
  });

  test("finds all groups, when there are more than a node of the tree holds", () => {
    const names = Object.keys(readAll(MANY));
    expect(names).toHaveLength(40);
    expect(names).toContain("member39");
  });

  test("refuses arrays in chunks, of texts and of the other order of bytes, by their names", () => {
    expect(() => readAll(CHUNKED)).toThrow(
      /^made.h5: "chunked" is stored in chunks, where Keras stores weights whole$/,
    );
    expect(() => readAll(BIG_ENDIAN)).toThrow(/^made.h5: "big" must hold little-endian numbers of 16, 32 or 64 bits$/);
    expect(() => readAll(NEWER)).toThrow(/^made.h5: written as newer HDF5 \(superblock [23]\), where h5py writes 0/);
  });

  test("refuses damaged files, or reads what it can, and never fails in another way", () => {
    const damage = fc.record({ at: fc.nat(weights.length - 1), value: fc.nat(255) });
    fc.assert(
      fc.property(fc.array(damage, { minLength: 1, maxLength: 8 }), fc.nat(weights.length), (spots, length) => {
        const bytes = weights.slice(0, length % 2 === 0 ? weights.length : length);
        for (const { at, value } of spots) if (at < bytes.length) bytes[at] = value;
        try {
          readAll(bytes);
        } catch (error) {
          expect(error).toBeInstanceOf(RefusalError);
        }
      }),
      { numRuns: 2000 },
    );
  });
});
