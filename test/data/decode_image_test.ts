import { describe, expect, test } from "bun:test";
import { decodeImage } from "../../src/data/decode_image.ts";
import { resizeImage } from "../../src/data/resize_image.ts";
import { makeJpeg, makePng } from "../support/made_files.ts";
import { BLACK_AND_WHITE_PNG, DEEP_PNG, GREY_JPEG, PALETTE_PNG, TRANSPARENT_PNG } from "./numpy_files.ts";

async function decode(bytes: Uint8Array) {
  const { height, width, channels, data } = await decodeImage(bytes, 'read "a.png"');
  return { shape: [height, width, channels], data: Array.from(data) };
}

describe("decodeImage()", () => {
  test("reads PNG images of 1, 2, 8 and 16 bits, with palettes and transparency", async () => {
    const bits = "101100011010011100";
    expect(await decode(BLACK_AND_WHITE_PNG)).toEqual({ shape: [2, 9, 1], data: [...bits].map((bit) => 255 * +bit) });
    const colours = [..."0121022100"].flatMap((index) => [0, 1, 2].map((c) => (c === +index ? 255 : 0)));
    expect(await decode(PALETTE_PNG)).toEqual({ shape: [2, 5, 3], data: colours });
    const [first, last] = [
      [1, 2, 3],
      [250, 251, 252],
    ];
    expect(await decode(TRANSPARENT_PNG)).toEqual({ shape: [2, 2, 3], data: [...first, 0, 0, 0, 0, 0, 0, ...last] });
    expect(await decode(DEEP_PNG)).toEqual({ shape: [1, 3, 1], data: [0, 1, 255] });
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

  test("refuses what is neither, and every image that is cut short or damaged", async () => {
    await expect(decode(new Uint8Array())).rejects.toThrow('Cannot read "a.png": wanted a PNG or JPEG image');
    for (const whole of [PALETTE_PNG, GREY_JPEG]) {
      for (const length of [8, whole.length >> 1, whole.length - 4]) {
        await expect(decode(whole.subarray(0, length))).rejects.toThrow(/^Cannot read "a.png": wanted a whole /);
      }
    }
    const damaged = PALETTE_PNG.slice();
    damaged[damaged.length - 20] = 0;
    await expect(decode(damaged)).rejects.toThrow("wanted a whole PNG image");
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
