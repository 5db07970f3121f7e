import { elementAt } from "../../core/element_at.ts";
import { needs, RangeRefusal } from "../../core/errors/errors.ts";
import { type Attributes, ints } from "../file/onnx_model.ts";

/** How the window of a convolution or a pool moves over the spatial axes: in every list one number an axis. */
export interface Window {
  readonly kernel: readonly number[];
  readonly strides: readonly number[];
  readonly dilations: readonly number[];
  /** Lengths that are added before each axis. */
  readonly padsBefore: readonly number[];
  /** Lengths that are added behind each axis. */
  readonly padsBehind: readonly number[];
}

/** A window as the attributes that ONNX's convolutions and pools have in common. */
export function createWindowAttributes(window: Window): Attributes {
  const { kernel, strides, dilations, padsBefore, padsBehind } = window;
  return {
    kernel_shape: ints(kernel),
    ...(strides.some((stride) => stride !== 1) ? { strides: ints(strides) } : {}),
    ...(dilations.some((dilation) => dilation !== 1) ? { dilations: ints(dilations) } : {}),
    ...([...padsBefore, ...padsBehind].some((pad) => pad !== 0) ? { pads: ints([...padsBefore, ...padsBehind]) } : {}),
  };
}

/** The window that such attributes describe. @throws {RangeError} If there is no kernel_shape. */
export function readWindow(attributes: Attributes): Window {
  const read = (name: string) => (attributes[name]?.kind === "ints" ? attributes[name].value : undefined);
  const kernel = read("kernel_shape");
  if (!kernel) throw new RangeRefusal(needs("the window", "a kernel_shape", kernel));
  const pads = read("pads") ?? new Array<number>(2 * kernel.length).fill(0);
  return {
    kernel,
    strides: read("strides") ?? kernel.map(() => 1),
    dilations: read("dilations") ?? kernel.map(() => 1),
    padsBefore: pads.slice(0, kernel.length),
    padsBehind: pads.slice(kernel.length),
  };
}

/** How much of an axis the window covers: its taps and what the dilation leaves out between them. */
export function measureExtent({ kernel, dilations }: Pick<Window, "kernel" | "dilations">, axis: number): number {
  return (elementAt(kernel, axis) - 1) * elementAt(dilations, axis) + 1;
}

/** How many places the window has along an axis of this length. @throws {RangeError} If it has none. */
export function countPlaces(window: Window, axis: number, length: number): number {
  const padded = length + elementAt(window.padsBefore, axis) + elementAt(window.padsBehind, axis);
  const extent = measureExtent(window, axis);
  if (padded >= extent) return Math.floor((padded - extent) / elementAt(window.strides, axis)) + 1;
  throw new RangeRefusal(needs("the window", `an axis of at least ${extent}`, padded));
}

/** What a layer says of its window: no lengths of padding, but what they should achieve. */
export interface WindowSettings extends Pick<Window, "kernel" | "strides" | "dilations"> {
  /** "valid" adds nothing; "same" gives ⌈length / stride⌉ places, the odd length added behind. */
  readonly padding: "same" | "valid";
}

/** The window of a layer on an input of these spatial lengths, padded as TF.js does it. */
export function placeWindow(settings: WindowSettings, lengths: readonly number[]): Window {
  const { kernel, strides, dilations, padding } = settings;
  const totals = lengths.map((length, axis) => {
    if (padding === "valid") return 0;
    const stride = elementAt(strides, axis);
    return Math.max((Math.ceil(length / stride) - 1) * stride + measureExtent(settings, axis) - length, 0);
  });
  const padsBefore = totals.map((total) => Math.floor(total / 2));
  const padsBehind = totals.map((total, axis) => total - elementAt(padsBefore, axis));
  return { kernel, strides, dilations, padsBefore, padsBehind };
}
