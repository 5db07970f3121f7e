import { elementAt } from "./element_at.ts";

/** A float32 tensor in plain memory, row-major. */
export interface HostTensor {
  readonly data: Float32Array;
  readonly shape: readonly number[];
}

/** The number of values in a tensor of this shape. */
export function countElements(shape: readonly number[]): number {
  return shape.reduce((product, length) => product * length, 1);
}

/** Rows and columns of a shape [N, C]. @throws {RangeError} If it has no two axes: a defect of the caller. */
export function matrixShape(shape: readonly number[]): readonly [rows: number, columns: number] {
  return [elementAt(shape, 0), elementAt(shape, 1)];
}

/** A tensor [N, …] as a matrix [N, F] on the same data; [0, 0] where N is 0. */
export function flattenRows({ data, shape }: HostTensor): HostTensor {
  const rows = elementAt(shape, 0);
  return { data, shape: [rows, rows === 0 ? 0 : data.length / rows] };
}
