import { elementAt } from "../../core/element_at.ts";
import { countElements } from "../../core/host_tensor.ts";

/**
 * How a weight of a file lies among the parameters: kernels of convolutions with their taps first, [taps…, C, O] for
 * the file's [O, C, taps…]. The kernel's gradient comes so, and convolutions take it so: turned, kernels cost
 * resnet18's step a fifth of its time.
 * @returns Which axis of the parameter each axis of the file's weight is; undefined where it lies as in the file.
 */
export function chooseWeightOrder(op: string, place: number, shape: readonly number[]): number[] | undefined {
  const [outputs = 1, inputs = 1, ...taps] = shape;
  if (op !== "Conv" || place !== 1 || taps.length === 0 || outputs === 1 || inputs === 1) return undefined;
  if (countElements(taps) === 1) return undefined;
  return [taps.length + 1, taps.length, ...taps.map((_, axis) => axis)];
}

/** The shape of a parameter whose axes lie in that order. */
export function orderShape(shape: readonly number[], order: readonly number[]): number[] {
  return order.map((_, axis) => elementAt(shape, order.indexOf(axis)));
}

/** Values of a file's weight of this shape in the order of the parameter. The caller owns the result. */
export function orderValues(values: Float32Array, shape: readonly number[], order: readonly number[]): Float32Array {
  return permute(
    values,
    shape,
    orderShape(shape, order).map((_, axis) => order.indexOf(axis)),
  );
}

/** Values of a parameter of this shape, its own, as the file has them. The caller owns the result. */
export function restoreOrder(values: Float32Array, shape: readonly number[], order: readonly number[]): Float32Array {
  return permute(values, shape, order);
}

/** Axis i of the result is axis from[i] of the values. */
function permute(values: Float32Array, shape: readonly number[], from: readonly number[]): Float32Array {
  const steps = shape.map((_, axis) => countElements(shape.slice(axis + 1)));
  const lengths = from.map((axis) => elementAt(shape, axis));
  const result = new Float32Array(values.length);
  const last = lengths.length - 1;
  const [length, step] = [elementAt(lengths, last), elementAt(steps, elementAt(from, last))];
  const position = lengths.map(() => 0);
  for (let to = 0, at = 0; to < result.length; to += length) {
    for (let i = 0; i < length; i++) result[to + i] = values[at + i * step] ?? 0;
    for (let axis = last - 1; axis >= 0; axis--) {
      const ofAxis = elementAt(steps, elementAt(from, axis));
      position[axis] = (position[axis] ?? 0) + 1;
      at += ofAxis;
      if (elementAt(position, axis) < elementAt(lengths, axis)) break;
      at -= ofAxis * elementAt(lengths, axis);
      position[axis] = 0;
    }
  }
  return result;
}
