import { describeUnknownName, RangeRefusal } from "../../core/errors/errors.ts";

/** The orders of axes that arrays of images come in: channels last or first. */
export const IMAGE_LAYOUTS = ["nhwc", "nchw"] as const;

/** Channels last, [rows, height, width, channels], or first, [rows, channels, height, width]. */
export type ImageLayout = (typeof IMAGE_LAYOUTS)[number];

/** What arrays of samples hold: images, or sequences, which stay as they are. */
export const ARRAY_LAYOUTS = [...IMAGE_LAYOUTS, "sequence"] as const;

/** Images in one of their orders, or sequences [rows, times, features]. */
export type ArrayLayout = (typeof ARRAY_LAYOUTS)[number];

/** Samples [rows, …sampleShape]. */
export interface ImageSamples {
  readonly x: Uint8Array | Float32Array;
  readonly sampleShape: readonly number[];
}

/** Counts of channels, the likely ones first: grey and RGB, then those with transparency. */
const LIKELY_CHANNELS = [
  [1, 3],
  [2, 4],
] as const;

/**
 * Samples with the channels of images last, whatever they came with; other samples as they are.
 * @param sampleShape One sample's: an image has three lengths.
 * @returns Arrays that need no change are given back, else the caller owns them.
 * @throws {RangeRefusal} If it is not clear which axis holds the channels, or a layout is given for other samples.
 */
export function putChannelsLast(
  { x, sampleShape }: ImageSamples,
  { layout, subject }: { readonly layout: ImageLayout | undefined; readonly subject: string },
): ImageSamples {
  if (sampleShape.length !== 3) {
    if (layout === undefined) return { x, sampleShape };
    throw new RangeRefusal(`${subject}: layout requires samples of three axes, got [${sampleShape.join(", ")}]`);
  }
  if (findLayout(sampleShape, { layout, subject }) === "nhwc") return { x, sampleShape };
  const [channels = 0, height = 0, width = 0] = sampleShape;
  const moved = x.slice();
  const size = channels * height * width;
  for (let start = 0; start + size <= x.length; start += size) {
    for (let c = 0, from = start; c < channels; c++) {
      for (let to = start + c; to < start + size; to += channels, from++) moved[to] = x[from] ?? 0;
    }
  }
  return { x: moved, sampleShape: [height, width, channels] };
}

/**
 * Which axis of an image's shape holds the channels: what `layout` says, else the first or the last, if one of them has
 * a length of 1 or 3 and the other has not; if neither has, of 2 or 4.
 * @param shape Of one image, three lengths.
 * @param subject What messages begin with: the file or data set.
 * @throws {RangeRefusal} If that leaves both or none, or there is no such layout.
 */
function findLayout(
  shape: readonly number[],
  { layout, subject }: { readonly layout: ImageLayout | undefined; readonly subject: string },
): ImageLayout {
  if (layout !== undefined) {
    if (IMAGE_LAYOUTS.includes(layout)) return layout;
    throw new RangeRefusal(`${subject}: ${describeUnknownName("layout", layout, IMAGE_LAYOUTS)}`);
  }
  const [first = 0, , last = 0] = shape;
  for (const counts of LIKELY_CHANNELS) {
    const [isFirst, isLast] = [first, last].map((length) => counts.some((count) => count === length));
    if (isLast && !isFirst) return "nhwc";
    if (isFirst && !isLast) return "nchw";
    if (isFirst && isLast) break;
  }
  const shown = `[${shape.join(", ")}]`;
  throw new RangeRefusal(`${subject}: layout must be given, nchw or nhwc, as images of shape ${shown} may be either`);
}
