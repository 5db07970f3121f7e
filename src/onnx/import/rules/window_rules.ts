import { type Attributes, int, ints } from "../../file/onnx_model.ts";
import type { ValueName } from "../../graph.ts";
import { createWindowAttributes, type Window } from "../../ops/windowing.ts";
import type { ImportRules, ImportStep } from "../import_step.ts";
import { countTaps, readKernel, readTransposedWindow, readWindow } from "../import_window.ts";

/** Convolutions and pools, channels first. */
export const windowRules: ImportRules = {
  AveragePool: averagePool,
  Conv: (step) => {
    const kernel = step.shape(1).slice(2).map(Number);
    const attributes = { ...createWindowAttributes(readWindow(step, kernel)), ...readGroups(step) };
    return step.graph.node("Conv", step.values(), attributes);
  },
  ConvTranspose: (step) => {
    const { window, added } = readTransposedWindow(step, step.shape(1).slice(2).map(Number));
    return step.graph.node("ConvTranspose", step.values(), {
      ...createWindowAttributes(window),
      ...readGroups(step),
      ...(added.some((length) => length !== 0) ? { output_padding: ints(added) } : {}),
    });
  },
  GlobalAveragePool: (step) => overSpace("ReduceMean", step),
  GlobalLpPool: (step) => {
    const { graph } = step;
    const p = step.int("p", 2);
    const powers = raiseMagnitude(step, step.value(0), p);
    const axes = graph.shapeOf(powers).flatMap((_, axis) => (axis < 2 ? [] : [axis]));
    return takeRoot(step, graph.node("ReduceSum", [powers, graph.integers(axes)], { keepdims: int(1) }), p);
  },
  GlobalMaxPool: (step) => overSpace("ReduceMax", step),
  LpPool: (step) => {
    const p = step.int("p", 2);
    const window = readWindow(step, readKernel(step));
    const mean = averageWithPadding(step, { x: raiseMagnitude(step, step.value(0), p), window });
    const taps = window.kernel.reduce((product, length) => product * length, 1);
    return takeRoot(step, step.graph.node("Mul", [mean, step.graph.constant(taps)]), p);
  },
  MaxPool: (step) => {
    const window = readWindow(step, readKernel(step));
    const [largest = ""] = step.graph.manyOutputs("MaxPool", [step.value(0)], createWindowAttributes(window));
    return largest;
  },
};

function readGroups(step: ImportStep): Attributes {
  const groups = step.int("group", 1);
  return groups === 1 ? {} : { group: int(groups) };
}

/** Where padding counts, the zeros of it do, and what `ceil_mode` adds does not. */
function averagePool(step: ImportStep): ValueName {
  const { graph } = step;
  const x = step.value(0);
  const window = readWindow(step, readKernel(step));
  // Before operator set 19 a pool has no dilations.
  const isDilated = window.dilations.some((dilation) => dilation !== 1);
  const isPaddingCounted = step.int("count_include_pad", 0) === 1;
  if (!isPaddingCounted && !isDilated) return graph.node("AveragePool", [x], createWindowAttributes(window));
  if (!isDilated && step.int("ceil_mode", 0) === 0) return averageWithPadding(step, { x, window });
  const channels = Number(step.shape(0)[1]);
  const taps = window.kernel.reduce((product, length) => product * length, 1);
  const ones = graph.constant(new Array<number>(channels * taps).fill(1), [channels, 1, ...window.kernel]);
  const sum = graph.node("Conv", [x, ones], { ...createWindowAttributes(window), group: int(channels) });
  const counts = countTaps(step, window);
  const shares = counts.reduce<number[]>((all, ofAxis) => all.flatMap((share) => ofAxis.map((n) => share / n)), [1]);
  return graph.node("Mul", [sum, graph.constant(shares, [1, 1, ...counts.map(({ length }) => length)])]);
}

/** Padding that counts is padding in front of a pool without any. */
function averageWithPadding(
  { graph }: ImportStep,
  { x, window }: { readonly x: ValueName; readonly window: Window },
): ValueName {
  const pads = [0, 0, ...window.padsBefore, 0, 0, ...window.padsBehind];
  const none = window.kernel.map(() => 0);
  const attributes = createWindowAttributes({ ...window, padsBefore: none, padsBehind: none });
  const padded = pads.every((pad) => pad === 0) ? x : graph.node("Pad", [x, graph.integers(pads)]);
  return graph.node("AveragePool", [padded], attributes);
}

/** |x|ᵖ */
function raiseMagnitude({ graph }: ImportStep, x: ValueName, p: number): ValueName {
  if (p === 2) return graph.node("Mul", [x, x]);
  const magnitude = graph.node("Abs", [x]);
  return p === 1 ? magnitude : graph.node("Pow", [magnitude, graph.constant(p)]);
}

/** x to the power of 1 / p, x ≥ 0. */
function takeRoot({ graph }: ImportStep, x: ValueName, p: number): ValueName {
  if (p === 1) return x;
  return p === 2 ? graph.node("Sqrt", [x]) : graph.node("Pow", [x, graph.constant(1 / p)]);
}

function overSpace(op: "ReduceMax" | "ReduceMean", step: ImportStep): ValueName {
  const x = step.value(0);
  const axes = step.graph.shapeOf(x).flatMap((_, axis) => (axis < 2 ? [] : [axis]));
  return step.graph.node(op, [x], { axes: ints(axes), keepdims: int(1) });
}
