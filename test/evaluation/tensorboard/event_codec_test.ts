import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import { decodeImage } from "../../../src/data/images/decode_image.ts";
import type { MetricImage } from "../../../src/evaluation/metric_data.ts";
import { encodeValue } from "../../../src/evaluation/tensorboard/event_codec.ts";
import { decodeEvent } from "./read_events.ts";

const images = fc
  .record({ width: fc.integer({ min: 1, max: 5 }), height: fc.integer({ min: 1, max: 5 }), isGrey: fc.boolean() })
  .chain(({ width, height, isGrey }) => {
    const channels = isGrey ? 1 : 3;
    const length = width * height * channels;
    return fc
      .uint8Array({ minLength: length, maxLength: length })
      .map((pixels): MetricImage => ({ kind: "image", width, height, channels, pixels }));
  });

describe("encodeValue()", () => {
  test("holds a picture's size, colours and pixels", async () => {
    await fc.assert(
      fc.asyncProperty(images, async (image) => {
        const { width, height, channels, pixels } = image;
        const { summary } = decodeEvent(encodeValue("picture", image, { wallTime: 1, step: 2 }));
        const [value] = summary?.value ?? [];
        expect(value).toMatchObject({ tag: "picture", image: { width, height, colorspace: channels } });
        const decoded = await decodeImage(value?.image?.encoded_image_string ?? new Uint8Array(0), "picture");
        expect(decoded).toMatchObject({ width, height, channels });
        expect([...decoded.data]).toEqual([...pixels]);
      }),
      { numRuns: 40 },
    );
  });
});
