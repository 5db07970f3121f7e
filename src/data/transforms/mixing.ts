import { elementAt } from "../../core/element_at.ts";

/** How the samples of a minibatch [B, …] are mixed with each other, each with one other of them. */
export interface Mixing {
  /** mixup adds values up; cutmix takes a rectangle of the other image. */
  readonly kind: "mixup" | "cutmix";
  /** The place of each sample's other [B]. */
  readonly partners: Int32Array;
  /** The share that each sample keeps of itself and of its target [B], from 0 to 1. */
  readonly shares: Float32Array;
  /** Of cutmix: top, left, bottom and right of each rectangle [B, 4], the last two not included. */
  readonly rectangles: Int32Array;
}

/** What is done to one sample. */
export interface MixedRow {
  readonly kind: Mixing["kind"];
  readonly share: number;
  /** top, left, bottom, right */
  readonly rectangle: ArrayLike<number>;
}

/**
 * Mixes another sample into one, in place: share · own + (1 − share) · other, or a rectangle of the other [height,
 * width, channels].
 * @see Zhang et al. 2018, mixup: Beyond Empirical Risk Minimization, arXiv:1710.09412
 * @see Yun et al. 2019, CutMix, arXiv:1905.04899
 */
export function mixRow(
  own: Float32Array,
  other: Float32Array,
  { row: { kind, share, rectangle }, shape }: { readonly row: MixedRow; readonly shape: readonly number[] },
): void {
  switch (kind) {
    case "mixup":
      for (let i = 0; i < own.length; i++) own[i] = share * (own[i] ?? 0) + (1 - share) * (other[i] ?? 0);
      return;
    case "cutmix": {
      const [top = 0, left = 0, bottom = 0, right = 0] = Array.from(rectangle);
      const [, width = 1, channels = 1] = shape;
      for (let y = top; y < bottom; y++) {
        const [start, end] = [(y * width + left) * channels, (y * width + right) * channels];
        own.set(other.subarray(start, end), start);
      }
    }
  }
}

/** What is done to the sample in one place. */
export function mixedRow({ kind, shares, rectangles }: Mixing, place: number): MixedRow {
  return { kind, share: elementAt(shares, place), rectangle: rectangles.subarray(4 * place, 4 * place + 4) };
}

/** Mixes the samples of a whole minibatch, in place. */
export function mixSamples(x: Float32Array, mixing: Mixing, shape: readonly number[]): void {
  const before = x.slice();
  const size = x.length / mixing.partners.length;
  for (const [place, partner] of mixing.partners.entries()) {
    const other = before.subarray(partner * size, (partner + 1) * size);
    mixRow(x.subarray(place * size, (place + 1) * size), other, { row: mixedRow(mixing, place), shape });
  }
}
