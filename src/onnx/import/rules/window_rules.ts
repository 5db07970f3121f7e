import { elementAt } from "../../../core/element_at.ts";
import { type Attributes, int, ints, string } from "../../file/onnx_model.ts";
import type { ValueName } from "../../graph.ts";
import { createWindowAttributes, measureExtent, type Window } from "../../ops/windowing.ts";
import type { ImportRules, ImportStep } from "../import_step.ts";

/** Convolutions, pools and resizing, channels first. */
export const windowRules: ImportRules = {
  AveragePool: averagePool,
  Conv: (step) => {
    const kernel = step.shape(1).slice(2).map(Number);
    const attributes = { ...createWindowAttributes(readWindow(step, kernel)), ...readGroups(step) };
    return step.graph.node("Conv", step.values(), attributes);
  },
  ConvTranspose: (step) => {
    const kernel = step.shape(1).slice(2).map(Number);
    if (step.ints("output_shape")) throw step.refuse("output_shape has no rule: export with pads");
    const added = step.ints("output_padding");
    const attributes = { ...createWindowAttributes(readWindow(step, kernel)), ...readGroups(step) };
    return step.graph.node("ConvTranspose", step.values(), {
      ...attributes,
      ...(added?.some((length) => length !== 0) ? { output_padding: ints(added) } : {}),
    });
  },
  GlobalAveragePool: (step) => overSpace("ReduceMean", step),
  GlobalMaxPool: (step) => overSpace("ReduceMax", step),
  LpPool: (step) => {
    // (Σ |x|²)^½ as a mean of squares times the window's size.
    if (step.int("p", 2) !== 2) throw step.refuse("p must be 2");
    const { graph } = step;
    const window = readWindow(step, readKernel(step));
    if ([...window.padsBefore, ...window.padsBehind].some((pad) => pad !== 0)) throw step.refuse("pads have no rule");
    const x = step.value(0);
    const mean = graph.node("AveragePool", [graph.node("Mul", [x, x])], createWindowAttributes(window));
    const taps = window.kernel.reduce((product, length) => product * length, 1);
    return graph.node("Sqrt", [graph.node("Mul", [mean, graph.constant(taps)])]);
  },
  MaxPool: (step) => {
    const window = readWindow(step, readKernel(step));
    const [largest = ""] = step.graph.manyOutputs("MaxPool", [step.value(0)], createWindowAttributes(window));
    return largest;
  },
  Resize: resize,
  Upsample: resize,
};

function readKernel(step: ImportStep): readonly number[] {
  const kernel = step.ints("kernel_shape");
  if (!kernel) throw step.refuse("it says no kernel_shape");
  return kernel;
}

function readGroups(step: ImportStep): Attributes {
  const groups = step.int("group", 1);
  return groups === 1 ? {} : { group: int(groups) };
}

/** The window on this input, with the padding that `auto_pad` and `ceil_mode` mean. */
function readWindow(step: ImportStep, kernel: readonly number[]): Window {
  const lengths = step.shape(0).slice(2).map(Number);
  const strides = step.ints("strides") ?? kernel.map(() => 1);
  const dilations = step.ints("dilations") ?? kernel.map(() => 1);
  const pads = step.ints("pads") ?? kernel.flatMap(() => [0, 0]);
  const window = {
    kernel,
    strides,
    dilations,
    padsBefore: pads.slice(0, kernel.length),
    padsBehind: pads.slice(kernel.length),
  };
  const automatic = step.text("auto_pad", "NOTSET");
  if (automatic.startsWith("SAME")) return padSame(window, lengths, automatic === "SAME_LOWER");
  if (automatic === "VALID") return { ...window, padsBefore: kernel.map(() => 0), padsBehind: kernel.map(() => 0) };
  return step.int("ceil_mode", 0) === 1 ? padToCeiling(window, lengths) : window;
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

/** Padding that counts is padding in front of a pool without any. */
function averagePool(step: ImportStep): ValueName {
  const { graph } = step;
  const window = readWindow(step, readKernel(step));
  const x = step.value(0);
  const isPadded = [...window.padsBefore, ...window.padsBehind].some((pad) => pad !== 0);
  if (step.int("count_include_pad", 0) === 0 || !isPadded) {
    return graph.node("AveragePool", [x], createWindowAttributes(window));
  }
  if (step.int("ceil_mode", 0) === 1) throw step.refuse("count_include_pad with ceil_mode has no rule");
  const pads = [0, 0, ...window.padsBefore, 0, 0, ...window.padsBehind];
  const none = window.kernel.map(() => 0);
  const attributes = createWindowAttributes({ ...window, padsBefore: none, padsBehind: none });
  return graph.node("AveragePool", [graph.node("Pad", [x, graph.integers(pads)])], attributes);
}

function overSpace(op: "ReduceMax" | "ReduceMean", step: ImportStep): ValueName {
  const x = step.value(0);
  const axes = step.graph.shapeOf(x).flatMap((_, axis) => (axis < 2 ? [] : [axis]));
  return step.graph.node(op, [x], { axes: ints(axes), keepdims: int(1) });
}

/** Enlarging by whole factors: the nearest value, or linear between the places that a factor divides. */
function resize(step: ImportStep): ValueName {
  const { graph } = step;
  const x = step.value(0);
  const shape = graph.shapeOf(x);
  const scales = readScales(step, shape.map(Number));
  const mode = step.text("mode", "nearest");
  const coordinates = step.text("coordinate_transformation_mode", step.opset < 11 ? "asymmetric" : "half_pixel");
  if (scales.slice(0, 2).some((scale) => scale !== 1) || scales.some((scale) => !Number.isInteger(scale))) {
    throw step.refuse(`whole factors of the spatial axes have a rule, got ${scales.join(", ")}`);
  }
  if (mode === "nearest" && ["asymmetric", "half_pixel"].includes(coordinates)) {
    return graph.node("Resize", [x, "", graph.constant(scales)], NEAREST);
  }
  throw step.refuse(`mode ${mode} with coordinates ${coordinates} has no rule`);
}

const NEAREST: Attributes = {
  mode: string("nearest"),
  coordinate_transformation_mode: string("asymmetric"),
  nearest_mode: string("floor"),
};

function readScales(step: ImportStep, lengths: readonly number[]): readonly number[] {
  const scales = step.numbers(step.node.op === "Upsample" || step.opset < 11 ? 1 : 2);
  if (scales && scales.length > 0) return scales;
  const sizes = step.has(3) ? step.lengths(3) : [];
  return sizes.map((size, axis) => (axis === 0 ? 1 : Number(size) / elementAt(lengths, axis)));
}
