import { needs, RangeRefusal } from "../../core/errors/errors.ts";

/** How an axis is resized, in the words of ONNX's Resize-13. */
export interface Resizing {
  readonly from: number;
  readonly to: number;
  /** `to / from`, but for rounding. */
  readonly scale: number;
  /** "nearest", "linear" or "cubic". */
  readonly mode: string;
  /** Where a place of the result lies in what is resized. */
  readonly coordinates: string;
  /** "floor", "ceil", "round_prefer_floor" or "round_prefer_ceil", for nearest places. */
  readonly rounding: string;
  /** a of the cubic kernel. */
  readonly cubicCoefficient: number;
}

/**
 * Resizing of an axis as a matrix [from, to], row-major: column i holds the shares that the values have in place i.
 * @throws {RangeError} If a mode is unknown.
 * @see Keys 1981, Cubic Convolution Interpolation for Digital Image Processing, IEEE Transactions on ASSP 29(6)
 */
export function createResizing(resizing: Resizing): number[] {
  const { from, to } = resizing;
  const matrix = new Array<number>(from * to).fill(0);
  for (let place = 0; place < to; place++) {
    for (const [at, share] of listShares(locate(place, resizing), resizing)) {
      // What lies beyond the ends is the last value there.
      const index = Math.min(from - 1, Math.max(0, at)) * to + place;
      matrix[index] = (matrix[index] ?? 0) + share;
    }
  }
  return matrix;
}

function locate(place: number, { from, to, scale, coordinates }: Resizing): number {
  const centred = (place + 0.5) / scale - 0.5;
  switch (coordinates) {
    case "half_pixel":
      return centred;
    case "pytorch_half_pixel":
      return to > 1 ? centred : 0;
    case "half_pixel_symmetric": {
      const adjustment = to / (scale * from);
      return (from / 2) * (1 - adjustment) + centred;
    }
    case "align_corners":
      return to === 1 ? 0 : (place * (from - 1)) / (to - 1);
    case "asymmetric":
      return place / scale;
    default:
      throw new RangeRefusal(needs("Resize", "coordinates that have a rule", coordinates));
  }
}

function listShares(at: number, { mode, rounding, cubicCoefficient: a, from }: Resizing): [number, number][] {
  switch (mode) {
    case "nearest":
      return [[round(at, rounding), 1]];
    case "linear": {
      const inside = Math.min(from - 1, Math.max(0, at));
      const before = Math.floor(inside);
      return [
        [before, 1 - (inside - before)],
        [before + 1, inside - before],
      ];
    }
    case "cubic": {
      const before = Math.floor(at);
      const t = at - before;
      const outer = (d: number) => ((a * d - 5 * a) * d + 8 * a) * d - 4 * a;
      const inner = (d: number) => ((a + 2) * d - (a + 3)) * d * d + 1;
      return [
        [before - 1, outer(t + 1)],
        [before, inner(t)],
        [before + 1, inner(1 - t)],
        [before + 2, outer(2 - t)],
      ];
    }
    default:
      throw new RangeRefusal(needs("Resize", "the mode nearest, linear or cubic", mode));
  }
}

function round(at: number, rounding: string): number {
  switch (rounding) {
    case "floor":
      return Math.floor(at);
    case "ceil":
      return Math.ceil(at);
    case "round_prefer_floor":
      return Math.ceil(at - 0.5);
    case "round_prefer_ceil":
      return Math.floor(at + 0.5);
    default:
      throw new RangeRefusal(needs("Resize", "a nearest_mode that has a rule", rounding));
  }
}
