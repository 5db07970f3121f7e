import { describe, expect, test } from "bun:test";
import { inflateSync } from "node:zlib";
import fc from "fast-check";
import type { MetricImage } from "../../../src/evaluation/metric_data.ts";
import { crc32 } from "../../../src/evaluation/tensorboard/cyclic_redundancy.ts";
import { drawHeatMap } from "../../../src/evaluation/tensorboard/heat_map_image.ts";
import { encodePng } from "../../../src/evaluation/tensorboard/png_image.ts";

/** Reads the chunks of a PNG and checks their checksums. */
function readChunks(file: Uint8Array): Map<string, Uint8Array> {
  expect([...file.subarray(0, 8)]).toEqual([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a]);
  const view = new DataView(file.buffer);
  const chunks = new Map<string, Uint8Array>();
  for (let offset = 8; offset < file.length; ) {
    const length = view.getUint32(offset);
    const body = file.subarray(offset + 4, offset + 8 + length);
    expect(view.getUint32(offset + 8 + length)).toBe(crc32(body));
    chunks.set(new TextDecoder().decode(body.subarray(0, 4)), body.subarray(4));
    offset += length + 12;
  }
  return chunks;
}

const images = fc
  .record({ width: fc.integer({ min: 1, max: 5 }), height: fc.integer({ min: 1, max: 5 }), isGrey: fc.boolean() })
  .chain(({ width, height, isGrey }) => {
    const channels = isGrey ? 1 : 3;
    const length = width * height * channels;
    return fc
      .uint8Array({ minLength: length, maxLength: length })
      .map((pixels): MetricImage => ({ kind: "image", width, height, channels, pixels }));
  });

describe("encodePng()", () => {
  test("holds the picture's size, colours and pixels", () => {
    fc.assert(
      fc.property(images, (image) => {
        const { width, height, channels, pixels } = image;
        const chunks = readChunks(encodePng(image));
        expect([...chunks.keys()]).toEqual(["IHDR", "IDAT", "IEND"]);
        const header = [...(chunks.get("IHDR") ?? [])];
        expect(header).toEqual([0, 0, 0, width, 0, 0, 0, height, 8, channels === 1 ? 0 : 2, 0, 0, 0]);
        const rows = inflateSync(chunks.get("IDAT") ?? new Uint8Array(0));
        const bytes = width * channels;
        for (let row = 0; row < height; row++) {
          const start = row * (bytes + 1);
          expect(rows[start]).toBe(0);
          expect([...rows.subarray(start + 1, start + 1 + bytes)]).toEqual([
            ...pixels.subarray(row * bytes, (row + 1) * bytes),
          ]);
        }
      }),
      { numRuns: 40 },
    );
  });
});

describe("drawHeatMap()", () => {
  const colorAt = ({ width, pixels }: MetricImage, row: number, column: number) => {
    const start = ((row * 24 + 12) * width + column * 24 + 12) * 3;
    return [...pixels.subarray(start, start + 3)];
  };

  test("is white for 0, dark blue for 1, grey where nothing was measured", () => {
    const image = drawHeatMap([[0, 1, Number.NaN], [0.5]]);
    expect(image).toMatchObject({ width: 72, height: 48, channels: 3 });
    expect(colorAt(image, 0, 0)).toEqual([255, 255, 255]);
    expect(colorAt(image, 0, 1)).toEqual([8, 48, 107]);
    expect(colorAt(image, 0, 2)).toEqual([200, 200, 200]);
    expect(colorAt(image, 1, 0)).toEqual([132, 152, 181]);
    expect(colorAt(image, 1, 1)).toEqual([200, 200, 200]);
  });

  test("takes the largest count as dark blue", () => {
    const image = drawHeatMap([[30, 60]]);
    expect(colorAt(image, 0, 1)).toEqual([8, 48, 107]);
    expect(colorAt(image, 0, 0)).toEqual([132, 152, 181]);
  });
});
