import { elementAt } from "../../core/element_at.ts";
import { measureExtent, type Window } from "../ops/windowing.ts";
import type { ImportStep } from "./import_step.ts";

/** The kernel's lengths that a pool says. @throws {RangeError} If it says none. */
export function readKernel(step: ImportStep): readonly number[] {
  const kernel = step.ints("kernel_shape");
  if (!kernel) throw step.refuse("it says no kernel_shape");
  return kernel;
}

/** The window with the padding that stands in the file, whatever `auto_pad` and `ceil_mode` say. */
function readPlainWindow(step: ImportStep, kernel: readonly number[]): Window {
  const pads = step.ints("pads") ?? kernel.flatMap(() => [0, 0]);
  return {
    kernel,
    strides: step.ints("strides") ?? kernel.map(() => 1),
    dilations: step.ints("dilations") ?? kernel.map(() => 1),
    padsBefore: pads.slice(0, kernel.length),
    padsBehind: pads.slice(kernel.length),
  };
}

/** The window on this input, with the padding that `auto_pad` and `ceil_mode` mean. */
export function readWindow(step: ImportStep, kernel: readonly number[]): Window {
  const lengths = step.shape(0).slice(2).map(Number);
  const window = readPlainWindow(step, kernel);
  const automatic = step.text("auto_pad", "NOTSET");
  if (automatic.startsWith("SAME")) return padSame(window, lengths, automatic === "SAME_LOWER");
  if (automatic === "VALID") return { ...window, padsBefore: kernel.map(() => 0), padsBehind: kernel.map(() => 0) };
  return step.int("ceil_mode", 0) === 1 ? padToCeiling(window, lengths) : window;
}

/**
 * How many of a window's taps count, place by place of each axis: those on values and, with `count_include_pad`, those
 * on padding that the file asks for; not those that a ceiling adds.
 */
export function countTaps(step: ImportStep, window: Window): number[][] {
  const plain = readPlainWindow(step, window.kernel);
  const isPaddingCounted = step.int("count_include_pad", 0) === 1;
  const isAutomatic = step.text("auto_pad", "NOTSET") !== "NOTSET";
  const lengths = step.shape(0).slice(2).map(Number);
  return lengths.map((length, axis) => {
    const [before, behind] = [elementAt(window.padsBefore, axis), elementAt(window.padsBehind, axis)];
    const [stride, dilation] = [elementAt(window.strides, axis), elementAt(window.dilations, axis)];
    const padded = isAutomatic ? behind : elementAt(plain.padsBehind, axis);
    const [begin, end] = isPaddingCounted ? [-before, length + padded] : [0, length];
    const places = Math.floor((length + before + behind - measureExtent(window, axis)) / stride) + 1;
    return Array.from({ length: places }, (_, place) => {
      const first = place * stride - before;
      return Array.from({ length: elementAt(window.kernel, axis) }, (_, tap) => first + tap * dilation).filter(
        (at) => at >= begin && at < end,
      ).length;
    });
  });
}

/** A transposed convolution's window and what is added behind, from `pads`, `auto_pad` or `output_shape`. */
export function readTransposedWindow(
  step: ImportStep,
  kernel: readonly number[],
): { readonly window: Window; readonly added: readonly number[] } {
  const window = readPlainWindow(step, kernel);
  const added = step.ints("output_padding") ?? kernel.map(() => 0);
  const automatic = step.text("auto_pad", "NOTSET");
  const lengths = step.shape(0).slice(2).map(Number);
  const isSame = automatic.startsWith("SAME");
  const wanted = step.ints("output_shape")?.slice(-kernel.length);
  if (automatic === "VALID" && !wanted) {
    return { window: { ...window, padsBefore: kernel.map(() => 0), padsBehind: kernel.map(() => 0) }, added };
  }
  if (!isSame && !wanted) return { window, added };
  const totals = lengths.map((length, axis) => {
    const stride = elementAt(window.strides, axis);
    const full = (length - 1) * stride + elementAt(added, axis) + measureExtent(window, axis);
    return full - (wanted?.[axis] ?? length * stride);
  });
  const small = totals.map((total) => Math.floor(Math.max(0, total) / 2));
  const large = totals.map((total, axis) => Math.max(0, total) - elementAt(small, axis));
  const isUpper = automatic === "SAME_UPPER";
  return {
    window: { ...window, padsBefore: isUpper ? small : large, padsBehind: isUpper ? large : small },
    // Where SAME would ask for more than there is, onnxruntime gives what there is.
    added: wanted ? added.map((length, axis) => length + Math.max(0, -elementAt(totals, axis))) : added,
  };
}

/** As many places as strides fit the length; an odd length is added behind, or before for SAME_LOWER. */
function padSame(window: Window, lengths: readonly number[], isLower: boolean): Window {
  const totals = lengths.map((length, axis) => {
    const stride = elementAt(window.strides, axis);
    return Math.max((Math.ceil(length / stride) - 1) * stride + measureExtent(window, axis) - length, 0);
  });
  const small = totals.map((total) => Math.floor(total / 2));
  const large = totals.map((total, axis) => total - elementAt(small, axis));
  return { ...window, padsBefore: isLower ? large : small, padsBehind: isLower ? small : large };
}

/** A last window that begins within the input, or before it, counts, however little of the input it covers. */
function padToCeiling(window: Window, lengths: readonly number[]): Window {
  const padsBehind = lengths.map((length, axis) => {
    const [stride, before, behind] = [window.strides, window.padsBefore, window.padsBehind].map((list) =>
      elementAt(list, axis),
    );
    const rest = length + Number(before) + Number(behind) - measureExtent(window, axis);
    const places = Math.ceil(rest / Number(stride));
    const begins = places * Number(stride) < length + Number(before);
    return Number(behind) + Math.max(0, (begins ? places : Math.floor(rest / Number(stride))) * Number(stride) - rest);
  });
  return { ...window, padsBehind };
}
