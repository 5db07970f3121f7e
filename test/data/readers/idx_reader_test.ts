import { afterAll, describe, expect, test } from "bun:test";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import fc from "fast-check";
import { readIdx, readIdxImages, readIdxLabels } from "../../../src/data/readers/idx_reader.ts";
import { makeFolder, makeIdx, removeFolders } from "../../support/made_idx.ts";

afterAll(removeFolders);

const images = fc
  .record({ rows: fc.nat(5), height: fc.integer({ min: 1, max: 4 }), width: fc.integer({ min: 1, max: 4 }) })
  .chain(({ rows, height, width }) => {
    const size = rows * height * width;
    return fc.record({
      shape: fc.constant([rows, height, width]),
      data: fc.uint8Array({ minLength: size, maxLength: size }),
      gzip: fc.boolean(),
    });
  });

/** What a promise was refused with. */
async function refusalOf(promise: Promise<unknown>): Promise<unknown> {
  return promise.then(
    () => "nothing was refused",
    (error: unknown) => error,
  );
}

describe("readIdx()", () => {
  test("readIdxImages() gives back what was written, in shared memory, gzipped or not", async () => {
    const folder = await makeFolder({});
    const path = join(folder, "images");
    await fc.assert(
      fc.asyncProperty(images, async ({ shape, data, gzip }) => {
        const bytes = makeIdx(shape, data);
        await writeFile(path, gzip ? gzipSync(bytes) : bytes);
        const read = await readIdxImages(path);
        expect(read.shape).toEqual(shape);
        expect(Array.from(read.data)).toEqual(Array.from(data));
        expect(read.data.buffer instanceof SharedArrayBuffer).toBe(true);
      }),
      { numRuns: 40 },
    );
  });

  test("readIdxImages() refuses every truncation, and bytes too many", async () => {
    const folder = await makeFolder({});
    const path = join(folder, "images");
    await fc.assert(
      fc.asyncProperty(images, fc.double({ min: 0, max: 1, noNaN: true }), async ({ shape, data, gzip }, share) => {
        const bytes = makeIdx(shape, data);
        const whole = gzip ? gzipSync(bytes) : bytes;
        await writeFile(path, whole.subarray(0, Math.floor(share * (whole.length - 1))));
        const truncated = await refusalOf(readIdxImages(path));
        expect(truncated).toBeInstanceOf(SyntaxError);
        expect(String(truncated)).toContain(path);
        const longer = new Uint8Array(whole.length + 1 + Math.floor(share * 9));
        longer.set(whole);
        await writeFile(path, longer);
        expect(await refusalOf(readIdxImages(path))).toBeInstanceOf(SyntaxError);
      }),
      { numRuns: 60 },
    );
  });

  test("readIdx() says what was wrong with the file", async () => {
    const bytes = makeIdx([3], Uint8Array.of(1, 2, 3));
    const broken = gzipSync(bytes);
    broken[broken.length - 6] = (broken[broken.length - 6] ?? 0) ^ 255;
    const floats = makeIdx([3], Uint8Array.of(1, 2, 3));
    floats[2] = 0x0d;
    const folder = await makeFolder({ bytes, floats, broken });
    expect(String(await refusalOf(readIdxImages(join(folder, "bytes"))))).toContain("bytes: rank must be 3, got 1");
    expect(String(await refusalOf(readIdxLabels(join(folder, "floats"))))).toContain("0x00000d01");
    expect(String(await refusalOf(readIdxLabels(join(folder, "broken"))))).toContain("broken: damaged gzip data");
    expect(String(await refusalOf(readIdx(join(folder, "none"), 1)))).toContain(
      "none: there is no such file or folder",
    );
    expect((await readIdxLabels(join(folder, "bytes"))).shape).toEqual([3]);
  });

  test("readIdx() inflates no further than the shape says, whatever the trailer says", async () => {
    const bomb = gzipSync(Uint8Array.of(...makeIdx([3], Uint8Array.of(1, 2, 3)), ...new Uint8Array(100_000)));
    const huge = makeIdx([1, 1, 1], Uint8Array.of(1));
    new DataView(huge.buffer).setUint32(4, 0xffffffff);
    new DataView(huge.buffer).setUint32(8, 0xffffffff);
    const folder = await makeFolder({ bomb, huge, "huge.gz": gzipSync(huge), empty: gzipSync(new Uint8Array(0)) });
    const refusals: [string, string][] = [
      ["bomb", "bomb: must inflate to at most 11 bytes, got more"],
      ["empty", "empty: truncated idx header"],
    ];
    for (const [name, message] of refusals) {
      expect(String(await refusalOf(readIdxLabels(join(folder, name))))).toContain(message);
    }
    for (const name of ["huge", "huge.gz"]) {
      expect(String(await refusalOf(readIdxImages(join(folder, name))))).toMatch(
        /: an array must have at most .* GiB, got/,
      );
    }
  });
});
