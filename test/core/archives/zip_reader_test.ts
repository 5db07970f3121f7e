import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import { readZip } from "../../../src/core/archives/zip_reader.ts";
import { RefusalError } from "../../../src/core/errors/errors.ts";
import { parseNpy } from "../../../src/data/readers/npy_reader.ts";
import { SAVEZ, SAVEZ_COMPRESSED } from "../../data/numpy_files.ts";
import { makeZip } from "../../support/made_files.ts";

describe("readZip()", () => {
  test("reads what numpy wrote, stored and deflated", () => {
    for (const bytes of [SAVEZ, SAVEZ_COMPRESSED]) {
      const files = readZip(bytes, "a.npz");
      expect([...files.keys()]).toEqual(["x.npy", "y.npy"]);
      const arrays = [...files.values()].map((file) => Array.from(parseNpy(file.read(), "a.npz").data));
      expect(arrays).toEqual([[...Array(24).keys()], [1, 0]]);
    }
  });

  test("gives back the files of any archive", () => {
    const files = fc.dictionary(fc.stringMatching(/^[a-zü]{1,8}$/), fc.uint8Array({ maxLength: 300 }), { maxKeys: 4 });
    fc.assert(
      fc.property(files, fc.boolean(), (made, deflated) => {
        const read = readZip(makeZip(made, { deflated }), "a.npz");
        expect(Object.fromEntries([...read].map(([name, file]) => [name, Array.from(file.read())]))).toEqual(
          Object.fromEntries(Object.entries(made).map(([name, bytes]) => [name, Array.from(bytes)])),
        );
      }),
    );
  });

  test("gives the right data or refuses, whichever byte is changed and wherever it is cut", () => {
    for (const deflated of [true, false]) {
      const data = Uint8Array.from({ length: 40 }, (_, i) => i);
      const whole = makeZip({ a: data }, { deflated });
      for (let at = 0; at < whole.length; at++) {
        const damaged = whole.slice();
        damaged[at] = (damaged[at] ?? 0) ^ 0x55;
        for (const bytes of [damaged, whole.subarray(0, at)]) {
          let files: Uint8Array[];
          try {
            files = [...readZip(bytes, "a.npz").values()].map((file) => file.read());
          } catch (error) {
            expect(error).toBeInstanceOf(RefusalError);
            expect(String(error)).toMatch(/^(Syntax|Range)Error: a\.npz/);
            continue;
          }
          // What is left may be named otherwise, or be the fewer files that the end record counts; never other data.
          for (const file of files) expect(Array.from(file)).toEqual(Array.from(data));
        }
      }
    }
  });

  test("inflates no further than the directory declares, and unpacks nothing that is not asked for", () => {
    const bomb = makeZip({ "x.npy": new Uint8Array(5_000_000), "y.npy": new Uint8Array(3) }, { deflated: true });
    const view = new DataView(bomb.buffer);
    view.setUint32(indexOfRecord(bomb) + 24, 100, true);
    const files = readZip(bomb, "a.npz");
    expect(() => files.get("x.npy")?.read()).toThrow("a.npz, x.npy: must inflate to at most 100 bytes, got more");
    expect(Array.from(files.get("x.npy")?.readStart(4) ?? [])).toEqual([0, 0, 0, 0]);
    expect(files.get("y.npy")?.read().length).toBe(3);
    view.setUint32(indexOfRecord(bomb) + 24, 0xfffffff0, true);
    expect(() => readZip(bomb, "a.npz").get("x.npy")?.read()).toThrow("a.npz, x.npy: declares 4.0 GiB, got 4.8 MiB");
  });

  test("reads ZIP64, and refuses what an array may not be before it inflates", () => {
    const files = { "x.npy": Uint8Array.of(1, 2, 3), "y.npy": new Uint8Array(1000).fill(7) };
    for (const deflated of [true, false]) {
      const read = readZip(makeZip(files, { deflated, zip64: true }), "a.npz");
      expect([...read].map(([name, file]) => [name, file.read()])).toEqual(Object.entries(files));
    }
    const huge = makeZip(files, { deflated: true, zip64: true });
    const record = indexOfRecord(huge);
    // The first of the 64-bit numbers behind the name.
    new DataView(huge.buffer).setBigUint64(record + 46 + 5 + 4, 2n ** 40n, true);
    expect(() => readZip(huge, "a.npz").get("x.npy")?.read()).toThrow(
      /^a\.npz, x\.npy: an array must have at most .* GiB, got 1024\.0 GiB$/,
    );
  });

  test("refuses two files of one name", () => {
    const zip = makeZip({ "x.npy": Uint8Array.of(1), "y.npy": Uint8Array.of(2) });
    const text = new TextDecoder("latin1").decode(zip).replaceAll("y.npy", "x.npy");
    const twice = Uint8Array.from(text, (letter) => letter.charCodeAt(0));
    expect(() => readZip(twice, "a.npz")).toThrow('a.npz: two files named "x.npy"');
  });
});

/** Where the first record of the central directory begins. */
function indexOfRecord(zip: Uint8Array): number {
  return new TextDecoder("latin1").decode(zip).indexOf("PK\x01\x02");
}
