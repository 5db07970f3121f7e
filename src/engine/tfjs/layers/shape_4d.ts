import { elementAt } from "../../../core/element_at.ts";

/** The four lengths of images [N, H, W, C], or of a filter [H, W, in, out]. @throws {RangeError} If there are fewer. */
export function toShape4D(shape: readonly number[]): [number, number, number, number] {
  return [elementAt(shape, 0), elementAt(shape, 1), elementAt(shape, 2), elementAt(shape, 3)];
}
