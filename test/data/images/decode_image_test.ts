import { describe, expect, test } from "bun:test";
import { deflateSync } from "node:zlib";
import { RefusalError } from "../../../src/core/errors/errors.ts";
import { type DecodedImage, decodeImage } from "../../../src/data/images/decode_image.ts";
import { resizeImage } from "../../../src/data/images/resize_image.ts";
import { makeJpeg, makePng, makePngChunk } from "../../support/made_files.ts";
import { BLACK_AND_WHITE_PNG, DEEP_PNG, GREY_JPEG, PALETTE_PNG, TRANSPARENT_PNG } from "../numpy_files.ts";
import * as pillow from "../pillow_files.ts";

async function decode(bytes: Uint8Array) {
  const { height, width, channels, data } = await decodeImage(bytes, "a.png");
  return { shape: [height, width, channels], data: Array.from(data) };
}

/** The colours of the four squares of an image of 16 × 16. */
function readSquares({ height, width, channels, data }: DecodedImage): number[][] {
  expect([height, width]).toEqual([16, 16]);
  return [3, 12].flatMap((y) =>
    [3, 12].map((x) => Array.from(data.subarray((y * 16 + x) * channels, (y * 16 + x + 1) * channels))),
  );
}

const SQUARES = [
  [200, 30, 60],
  [20, 180, 90],
  [40, 60, 220],
  [240, 240, 16],
];
/** After a quarter of a turn clockwise: what was below on the left comes first. */
const TURNED = [2, 0, 3, 1].map((square) => SQUARES[square] ?? []);

describe("decodeImage()", () => {
  test("reads PNG images of 1, 2 and 8 bits, with palettes and transparency", async () => {
    const bits = "101100011010011100";
    expect(await decode(BLACK_AND_WHITE_PNG)).toEqual({ shape: [2, 9, 1], data: [...bits].map((bit) => 255 * +bit) });
    const colours = [..."0121022100"].flatMap((index) => [0, 1, 2].map((c) => (c === +index ? 255 : 0)));
    expect(await decode(PALETTE_PNG)).toEqual({ shape: [2, 5, 3], data: colours });
    const [first, last] = [
      [1, 2, 3],
      [250, 251, 252],
    ];
    expect(await decode(TRANSPARENT_PNG)).toEqual({ shape: [2, 2, 3], data: [...first, 0, 0, 0, 0, 0, 0, ...last] });
    expect(await decode(makePng(7, { channels: 2, width: 1, height: 1 }))).toEqual({ shape: [1, 1, 1], data: [7] });
  });

  test("reads JPEG images, grey ones with one channel", async () => {
    const grey = await decode(GREY_JPEG);
    expect(grey.shape).toEqual([8, 8, 1]);
    for (const [i, value] of grey.data.entries()) expect(Math.abs(value - 3 * i)).toBeLessThanOrEqual(3);
    const colour = await decode(makeJpeg(90, { width: 5, height: 3 }));
    expect(colour.shape).toEqual([3, 5, 3]);
    for (const value of colour.data) expect(Math.abs(value - 90)).toBeLessThanOrEqual(3);
  });

  test("reads what Pillow wrote as Pillow reads it, whatever the format", async () => {
    // CMYK: inks 255 − c with a black of 51, so four fifths of the light is left.
    const dark = SQUARES.map((square) => square.map((value) => Math.round((value * 204) / 255)));
    const grey = [[10], [90], [170], [250]];
    const cases: [string, Uint8Array, number[][], number?][] = [
      ["RGB in JPEG", pillow.RGB_JPEG, SQUARES, 3],
      ["restart markers", pillow.RESTART_JPEG, SQUARES, 3],
      ["progressive", pillow.PROGRESSIVE_JPEG, SQUARES, 3],
      ["CMYK in JPEG", pillow.CMYK_JPEG, dark, 3],
      ["CMYK in TIFF", pillow.CMYK_TIFF, dark],
      ["a profile is not applied", pillow.PROFILE_PNG, SQUARES],
      ["grey with transparency", pillow.GREY_ALPHA_PNG, grey],
      ["interlaced", pillow.INTERLACED_PNG, SQUARES],
      ["WebP", pillow.WEBP, SQUARES],
      ["GIF", pillow.GIF, SQUARES],
      ["TIFF", pillow.TIFF, SQUARES],
      ["black and white TIFF", pillow.FAX_TIFF, [[0], [0], [255], [255]]],
      ["AVIF", pillow.AVIF, SQUARES, 3],
      ["orientation in JPEG", pillow.TURNED_JPEG, TURNED, 3],
      ["orientation in PNG", pillow.TURNED_PNG, TURNED],
    ];
    for (const [name, bytes, wanted, tolerance = 0] of cases) {
      const read = readSquares(await decodeImage(bytes, name));
      const differences = read.flatMap((square, i) => square.map((value, c) => value - (wanted[i]?.[c] ?? Number.NaN)));
      expect([name, Math.max(...differences.map(Math.abs)) <= tolerance]).toEqual([name, true]);
      expect([name, read.map(({ length }) => length)]).toEqual([name, wanted.map(({ length }) => length)]);
    }
  });

  test("turns and mirrors as each of the eight EXIF orientations says", async () => {
    const at = new TextDecoder("latin1").decode(pillow.TURNED_JPEG).indexOf("Exif") + 6;
    // Squares 0 to 3 as they are seen, row after row: Exif 2.3, section 4.6.4.
    const seen = ["0123", "1032", "3210", "2301", "0213", "2031", "3120", "1302"];
    for (const [i, squares] of seen.entries()) {
      const bytes = pillow.TURNED_JPEG.slice();
      // The one entry of the first directory: its value stands 18 bytes behind the start of the TIFF header.
      const value = bytes[at] === 0x4d ? at + 19 : at + 18;
      expect(bytes[value]).toBe(6);
      bytes[value] = i + 1;
      const read = readSquares(await decodeImage(bytes, "a.jpg"));
      const nearest = read.map(([red = 0]) => SQUARES.findIndex(([other = 0]) => Math.abs(red - other) <= 3));
      expect([i + 1, nearest.join("")]).toEqual([i + 1, squares]);
    }
  });

  test("refuses what it would have to cut or choose from", async () => {
    const refusals: [Uint8Array, string][] = [
      [DEEP_PNG, "a.png: must have 8 bits a channel, got 16 bits"],
      [pillow.DEEP_RGB_PNG, "a.png: must have 8 bits a channel, got 16 bits"],
      [pillow.DEEP_TIFF, "a.png: must have 8 bits a channel, got 16 bits"],
      [pillow.ANIMATED_GIF, "a.png: must hold one image, got 2 frames or pages"],
      [pillow.ANIMATED_WEBP, "a.png: must hold one image, got 2 frames or pages"],
      [pillow.BMP, "a.png: must be a PNG, JPEG, WebP, TIFF, GIF or AVIF image"],
      [new Uint8Array(), "a.png: must be a PNG, JPEG, WebP, TIFF, GIF or AVIF image"],
    ];
    for (const [bytes, message] of refusals) await expect(decode(bytes)).rejects.toThrow(message);
  });

  test("refuses every image that is cut short or damaged, in one sentence", async () => {
    const files = { ...pillow, PALETTE_PNG, GREY_JPEG };
    for (const [name, whole] of Object.entries(files)) {
      for (const length of [12, whole.length >> 1, whole.length - 9]) {
        const cut = await decode(whole.subarray(0, length)).catch((error: unknown) => error);
        expect([name, length, cut instanceof RefusalError]).toEqual([name, length, true]);
        expect(String(cut)).toMatch(/^SyntaxError: a\.png: [^\n]+$/);
      }
    }
    await expect(decode(PALETTE_PNG.subarray(0, -4))).rejects.toThrow("a.png: truncated PNG image");
    const endAlone = Uint8Array.of(...PALETTE_PNG.subarray(0, 8), ...PALETTE_PNG.subarray(-12));
    await expect(decode(endAlone)).rejects.toThrow("a.png: truncated PNG image");
    await expect(decode(pillow.WEBP.subarray(0, -1))).rejects.toThrow("a.png: truncated WebP image");
    await expect(decode(GREY_JPEG.subarray(0, -9))).rejects.toThrow("a.png: truncated JPEG image");
    const damaged = PALETTE_PNG.slice();
    damaged[damaged.length - 20] = 0;
    await expect(decode(damaged)).rejects.toThrow("a.png: damaged or unsupported PNG image");
  });

  test("reads no more than the size that a file declares, and refuses a huge one before its pixels", async () => {
    const make = (size: number, idat: Uint8Array, ...more: Uint8Array[]) => {
      const header = new Uint8Array(13);
      new DataView(header.buffer).setUint32(0, size);
      new DataView(header.buffer).setUint32(4, size);
      header.set([8, 0], 8);
      const chunks = [makePngChunk("IHDR", header), ...more, makePngChunk("IDAT", idat), makePngChunk("IEND")];
      return Uint8Array.of(0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a, ...chunks.flatMap((chunk) => [...chunk]));
    };
    const zeros = deflateSync(new Uint8Array(50_000_000));
    const some = make(2, deflateSync(new Uint8Array(5_000_000)));
    expect(await decode(some)).toEqual({ shape: [2, 2, 1], data: [0, 0, 0, 0] });
    const packed = make(2, Uint8Array.of(...zeros, ...zeros));
    await expect(decode(packed)).rejects.toThrow(
      `a.png: damaged PNG image, which holds ${2 * zeros.length} bytes of packed data for 2 × 2 pixels`,
    );
    const pixels = deflateSync(Uint8Array.of(0, 1, 2, 0, 3, 4));
    const profile = makePngChunk("iCCP", Uint8Array.of(0x78, 0, 0, ...zeros));
    expect(await decode(make(2, pixels, profile))).toEqual({ shape: [2, 2, 1], data: [1, 2, 3, 4] });
    await expect(decode(make(60_000, pixels))).rejects.toThrow(
      "a.png: must have at most 100000000 pixels, got 60000 × 60000",
    );
  });

  test("decodes in a Worker as in the main thread", async () => {
    const worker = new Worker(new URL("../../support/decoding_worker.ts", import.meta.url), { type: "module" });
    const ask = (bytes: Uint8Array) =>
      new Promise<unknown>((resolve, reject) => {
        worker.onmessage = ({ data }) => resolve(data);
        worker.onerror = ({ message }) => reject(new Error(message));
        worker.postMessage(bytes);
      });
    try {
      for (const bytes of [pillow.TURNED_JPEG, pillow.CMYK_TIFF, pillow.AVIF]) {
        expect(await ask(bytes)).toEqual(await decodeImage(bytes, "a.png"));
      }
      expect(await ask(pillow.WEBP.subarray(0, 40))).toBe("SyntaxError: a.png: truncated WebP image");
    } finally {
      worker.terminate();
    }
  });
});

describe("resizeImage()", () => {
  const make = (side: number, step: number) => ({
    height: side,
    width: side,
    channels: 1 as const,
    data: Uint8Array.from({ length: side * side }, (_, i) => i * step),
  });

  test("gives what Pillow's bilinear resize gives, to one step of 256", () => {
    const smaller = [17, 27, 37, 66, 76, 86, 116, 126, 136, 166, 176, 186, 215, 225, 235];
    for (const [i, value] of resizeImage(make(8, 4), { height: 5, width: 3 }).data.entries()) {
      expect(Math.abs(value - (smaller[i] ?? 0))).toBeLessThanOrEqual(1);
    }
    const { data } = resizeImage({ ...make(2, 1), data: Uint8Array.of(0, 4, 32, 36) }, { height: 3, width: 5 });
    expect(Array.from(data)).toEqual([0, 0, 2, 4, 4, 16, 16, 18, 20, 20, 32, 32, 34, 36, 36]);
  });

  test("keeps one colour and its channels, and leaves an image of that size alone", () => {
    const colour = {
      height: 3,
      width: 7,
      channels: 3 as const,
      data: new Uint8Array(63).map((_, i) => [9, 80, 255][i % 3] ?? 0),
    };
    const resized = resizeImage(colour, { height: 10, width: 2 });
    expect(Array.from(resized.data)).toEqual(Array.from({ length: 60 }, (_, i) => [9, 80, 255][i % 3] ?? 0));
    expect(resizeImage(colour, { height: 3, width: 7 })).toBe(colour);
  });
});
