/**
 * What is done to a sample when a replica gathers it. Plain data, so that it crosses to Workers; applied in order.
 * - `scale`: x · factor + offset, elementwise (uint8 pixels to [0, 1], say).
 * - `normalize`: (x − mean[c]) / std[c]; the channel c is the last axis, and one value serves every channel.
 * - `permute`: y[i] = x[order[i]] over the flattened sample; `order` lies in shared memory.
 * - `rotate`: degrees counter-clockwise about the centre, bilinear, zeros outside (before normalisation).
 */
export type Transform =
  | { readonly kind: "scale"; readonly factor: number; readonly offset: number }
  | { readonly kind: "normalize"; readonly mean: readonly number[]; readonly std: readonly number[] }
  | { readonly kind: "permute"; readonly order: Int32Array }
  | { readonly kind: "rotate"; readonly degrees: number };
