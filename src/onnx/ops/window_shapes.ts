import { elementAt } from "../../core/element_at.ts";
import { needs, RangeRefusal } from "../../core/errors/errors.ts";
import { type Attributes, type Dimension, ints, type Shape } from "../file/onnx_model.ts";
import { describeShape, multiplyDimensions } from "../shape.ts";
import { countPlaces, measureExtent, readWindow } from "./windowing.ts";

/** The shape of Conv: [N, C, …lengths] and a kernel [O, C/groups, …] give [N, O, …places]. */
export function convShape(x: Shape, kernel: Shape, attributes: Attributes): Shape {
  const groups = readGroups(attributes);
  assertKernel(kernel, attributes);
  if (multiplyDimensions([elementAt(kernel, 1), groups]) !== x[1] || Number(kernel[0]) % groups !== 0) {
    throw new RangeRefusal(
      needs("the convolution", `a kernel for ${x[1]} channels in ${groups} groups`, describeShape(kernel)),
    );
  }
  return [elementAt(x, 0), elementAt(kernel, 0), ...slideWindow(x, attributes)];
}

/** The shape of ConvTranspose: [N, C, …places] and a kernel [C, O/groups, …] give [N, O, …lengths]. */
export function convTransposeShape(x: Shape, kernel: Shape, attributes: Attributes): Shape {
  assertKernel(kernel, attributes);
  if (kernel[0] !== x[1]) {
    throw new RangeRefusal(needs("the transposed convolution", `a kernel for ${x[1]} channels`, describeShape(kernel)));
  }
  const window = readWindow(attributes);
  const extra = attributes.output_padding?.kind === "ints" ? attributes.output_padding.value : [];
  const lengths = readLengths(x).map((places, axis) => {
    const pads = elementAt(window.padsBefore, axis) + elementAt(window.padsBehind, axis);
    return elementAt(window.strides, axis) * (places - 1) + measureExtent(window, axis) + (extra[axis] ?? 0) - pads;
  });
  return [elementAt(x, 0), multiplyDimensions([elementAt(kernel, 1), readGroups(attributes)]), ...lengths];
}

/** The shape of MaxPool and AveragePool: [N, C, …lengths] gives [N, C, …places]. */
export function poolShape(x: Shape, attributes: Attributes): Shape {
  return [...x.slice(0, 2), ...slideWindow(x, attributes)];
}

/** The shape of Pad: `pads` holds the lengths before every axis, then those behind. */
export function padShape(x: Shape, pads: readonly number[]): Shape {
  return x.map((length, axis): Dimension => {
    const added = elementAt(pads, axis) + elementAt(pads, x.length + axis);
    if (added === 0) return length;
    if (typeof length === "number") return length + added;
    throw new RangeRefusal(needs("Pad", "axes besides the batch", describeShape(x)));
  });
}

/** The shape of Resize by a whole factor an axis. */
export function resizeShape(x: Shape, scales: readonly number[]): Shape {
  return x.map((length, axis) => (typeof length === "number" ? length * elementAt(scales, axis) : length));
}

/** The number of groups of a convolution's attributes. */
export function readGroups(attributes: Attributes): number {
  return attributes.group?.kind === "int" ? attributes.group.value : 1;
}

/** The spatial lengths of [N, C, …lengths]. @throws {RangeError} If one depends on the batch. */
export function readLengths(shape: Shape): number[] {
  return shape.slice(2).map((length) => {
    if (typeof length === "number") return length;
    throw new RangeRefusal(needs("the window", "axes that do not depend on the batch", describeShape(shape)));
  });
}

/** The attributes of a convolution's groups, if there is more than one. */
export function createGroupAttribute(groups: number): Attributes {
  return groups === 1 ? {} : { group: { kind: "int", value: groups } };
}

/** output_padding, if there is any. */
export function createOutputPadding(lengths: readonly number[]): Attributes {
  return lengths.some((length) => length !== 0) ? { output_padding: ints(lengths) } : {};
}

function slideWindow(x: Shape, attributes: Attributes): number[] {
  const window = readWindow(attributes);
  const lengths = readLengths(x);
  if (lengths.length !== window.kernel.length) {
    throw new RangeRefusal(needs("the window", `${window.kernel.length} spatial axes`, describeShape(x)));
  }
  return lengths.map((length, axis) => countPlaces(window, axis, length));
}

function assertKernel(kernel: Shape, attributes: Attributes): void {
  const wanted = readWindow(attributes).kernel;
  if (describeShape(kernel.slice(2)) === describeShape(wanted)) return;
  throw new RangeRefusal(needs("the convolution", `a kernel […, ${wanted.join(", ")}]`, describeShape(kernel)));
}
