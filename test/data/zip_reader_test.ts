import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import { parseNpy } from "../../src/data/npy_reader.ts";
import { readZip } from "../../src/data/zip_reader.ts";
import { makeZip } from "../support/made_files.ts";
import { SAVEZ, SAVEZ_COMPRESSED } from "./numpy_files.ts";

describe("readZip()", () => {
  test("reads what numpy wrote, stored and deflated", () => {
    for (const bytes of [SAVEZ, SAVEZ_COMPRESSED]) {
      const files = readZip(bytes, "read it");
      expect([...files.keys()]).toEqual(["x.npy", "y.npy"]);
      const arrays = [...files.values()].map((file) => Array.from(parseNpy(file, "read it").data));
      expect(arrays).toEqual([[...Array(24).keys()], [1, 0]]);
    }
  });

  test("gives back the files of any archive", () => {
    const files = fc.dictionary(fc.stringMatching(/^[a-zü]{1,8}$/), fc.uint8Array({ maxLength: 300 }), { maxKeys: 4 });
    fc.assert(
      fc.property(files, fc.boolean(), (made, deflated) => {
        const read = readZip(makeZip(made, { deflated }), "read it");
        expect(Object.fromEntries([...read].map(([name, bytes]) => [name, Array.from(bytes)]))).toEqual(
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
          let files: Map<string, Uint8Array>;
          try {
            files = readZip(bytes, 'read "a.npz"');
          } catch (error) {
            expect(String(error)).toMatch(/^SyntaxError: Cannot read "a.npz"/);
            continue;
          }
          // What is left may be named otherwise, or be the fewer files that the end record counts; never other data.
          for (const file of files.values()) expect(Array.from(file)).toEqual(Array.from(data));
        }
      }
    }
  });
});
