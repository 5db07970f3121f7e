import { type Attributes, int, ints, string } from "../../../../src/onnx/file/onnx_model.ts";
import { float32, type ImportCase, NONE, node, type Operand, several, single, weight, whole } from "./import_case.ts";

const IMAGE = [2, 2, 5, 6];

function window(kernel: readonly number[], more: Attributes = {}): Attributes {
  return { kernel_shape: ints(kernel), ...more };
}

function pools(rule: string): ImportCase[] {
  return [
    single(rule, "plain", { x: IMAGE, opset: 9, attributes: window([2, 3], { strides: ints([2, 1]) }) }),
    single(rule, "padded", {
      x: IMAGE,
      attributes: window([3, 3], { strides: ints([2, 2]), pads: ints([1, 1, 1, 0]) }),
    }),
    single(rule, "SAME_UPPER", {
      x: IMAGE,
      attributes: window([2, 3], { strides: ints([2, 2]), auto_pad: string("SAME_UPPER") }),
    }),
    single(rule, "SAME_LOWER", { x: IMAGE, attributes: window([2, 2], { auto_pad: string("SAME_LOWER") }) }),
    single(rule, "VALID", {
      x: IMAGE,
      attributes: window([2, 2], { strides: ints([2, 2]), auto_pad: string("VALID") }),
    }),
    single(rule, "up to the ceiling", {
      x: IMAGE,
      opset: 10,
      attributes: window([3, 3], { strides: ints([2, 2]), ceil_mode: int(1) }),
    }),
    single(rule, "up to the ceiling, padded", {
      x: [2, 2, 6, 7],
      attributes: window([2, 3], { strides: ints([3, 2]), pads: ints([1, 1, 1, 1]), ceil_mode: int(1) }),
    }),
    single(rule, "dilated", { x: IMAGE, opset: 19, attributes: window([2, 2], { dilations: ints([2, 3]) }) }),
    single(rule, "along one axis", { x: [2, 2, 7], attributes: window([3], { strides: ints([2]) }) }),
  ];
}

function conv(about: string, kernel: readonly number[], attributes: Attributes, x: readonly number[] = IMAGE) {
  return single("Conv", about, { x, opset: 11, operands: [weight(kernel)], attributes });
}

function transposed(
  about: string,
  kernel: readonly number[],
  attributes: Attributes,
  x: readonly number[] = [2, 2, 3, 4],
) {
  return single("ConvTranspose", about, { x, opset: 11, operands: [weight(kernel)], attributes });
}

function resize(
  about: string,
  settings: { opset?: number; x?: readonly number[]; operands: readonly Operand[]; attributes: Record<string, string> },
) {
  const { opset = 13, x = [2, 2, 3, 4], operands } = settings;
  const attributes = Object.fromEntries(
    Object.entries(settings.attributes).map(([name, text]) => [name, string(text)]),
  );
  return single("Resize", about, { x, opset, operands, attributes });
}

function byScales(mode: string, coordinates: string, scales: readonly number[], more: Record<string, string> = {}) {
  return resize(`${mode}, ${coordinates}, by ${scales.join(" and ")} ${Object.values(more).join()}`, {
    operands: [NONE, float32([1, 1, ...scales])],
    attributes: { mode, coordinate_transformation_mode: coordinates, ...more },
  });
}

function toSizes(mode: string, coordinates: string, sizes: readonly number[]) {
  return several("Resize", `${mode}, ${coordinates}, to ${sizes.join(" and ")}`, {
    x: [2, 2, 4, 5],
    opset: 13,
    operands: { start: whole([0]), two: whole([2]), sizes: whole(sizes) },
    nodes: [
      node("Shape", ["x"], { outputs: ["shape"] }),
      node("Slice", ["shape", "start", "two"], { outputs: ["front"] }),
      node("Concat", ["front", "sizes"], { attributes: { axis: int(0) }, outputs: ["lengths"] }),
      node("Resize", ["x", "", "", "lengths"], {
        attributes: { mode: string(mode), coordinate_transformation_mode: string(coordinates) },
      }),
    ],
  });
}

/** Convolutions, pools and resizing. */
export const WINDOW_CASES: readonly ImportCase[] = [
  ...pools("AveragePool"),
  single("AveragePool", "padding counted", {
    x: IMAGE,
    attributes: window([3, 3], { strides: ints([2, 2]), pads: ints([1, 1, 1, 0]), count_include_pad: int(1) }),
  }),
  single("AveragePool", "padding counted, up to the ceiling", {
    x: [2, 2, 6, 7],
    opset: 19,
    attributes: window([2, 3], {
      strides: ints([3, 2]),
      pads: ints([1, 1, 1, 1]),
      ceil_mode: int(1),
      count_include_pad: int(1),
    }),
  }),
  conv("plain", [3, 2, 2, 3], {}),
  conv("padded and strided", [3, 2, 3, 3], { pads: ints([1, 0, 1, 1]), strides: ints([2, 2]) }),
  conv("SAME_UPPER", [3, 2, 3, 2], { auto_pad: string("SAME_UPPER"), strides: ints([2, 1]) }),
  conv("SAME_LOWER", [3, 2, 2, 2], { auto_pad: string("SAME_LOWER") }),
  conv("dilated", [3, 2, 2, 2], { dilations: ints([2, 2]) }),
  conv("in groups", [4, 1, 2, 2], { group: int(2) }),
  conv("along one axis", [3, 2, 3], { pads: ints([1, 1]) }, [2, 2, 5]),
  conv("along three axes", [2, 2, 2, 2, 2], {}, [2, 2, 3, 3, 3]),
  single("Conv", "with a bias", {
    x: IMAGE,
    operands: [weight([3, 2, 2, 2]), weight([3])],
    attributes: window([2, 2]),
  }),
  transposed("plain", [2, 3, 2, 2], { strides: ints([2, 2]) }),
  transposed("padded, with a longer output", [2, 3, 3, 3], {
    strides: ints([2, 2]),
    pads: ints([1, 1, 1, 1]),
    output_padding: ints([1, 1]),
  }),
  transposed("in groups", [2, 2, 2, 2], { group: int(2) }),
  transposed("SAME_UPPER", [2, 3, 3, 3], { auto_pad: string("SAME_UPPER"), strides: ints([2, 2]) }),
  transposed("SAME_LOWER", [2, 3, 3, 3], { auto_pad: string("SAME_LOWER"), strides: ints([2, 2]) }),
  transposed("SAME_UPPER with strides longer than the kernel", [2, 3, 2, 1], {
    auto_pad: string("SAME_UPPER"),
    strides: ints([2, 3]),
  }),
  transposed("to a given shape", [2, 3, 3, 3], { output_shape: ints([6, 8]), strides: ints([2, 2]) }),
  single("ConvTranspose", "with a bias", {
    x: [2, 2, 3, 4],
    operands: [weight([2, 3, 2, 2]), weight([3])],
    attributes: window([2, 2]),
  }),
  single("GlobalAveragePool", "of images", { x: IMAGE }),
  single("GlobalLpPool", "p = 2", { x: IMAGE }),
  single("GlobalLpPool", "p = 3", { x: IMAGE, attributes: { p: int(3) } }),
  single("GlobalMaxPool", "of images", { x: IMAGE }),
  ...[1, 2, 3].map((p) =>
    single("LpPool", `p = ${p}`, {
      x: IMAGE,
      opset: 11,
      attributes: window([2, 3], { strides: ints([2, 2]), p: int(p) }),
    }),
  ),
  single("LpPool", "padded", { x: IMAGE, opset: 18, attributes: window([2, 3], { pads: ints([1, 1, 0, 1]) }) }),
  ...pools("MaxPool"),
  byScales("nearest", "asymmetric", [2, 3], { nearest_mode: "floor" }),
  byScales("nearest", "half_pixel", [2, 2], { nearest_mode: "round_prefer_floor" }),
  byScales("nearest", "half_pixel", [2, 3], { nearest_mode: "ceil" }),
  byScales("nearest", "asymmetric", [2, 2], { nearest_mode: "round_prefer_ceil" }),
  byScales("nearest", "half_pixel", [0.5, 0.5]),
  byScales("nearest", "asymmetric", [0.5, 1.5], { nearest_mode: "floor" }),
  byScales("linear", "half_pixel", [2, 2]),
  byScales("linear", "pytorch_half_pixel", [2, 3]),
  byScales("linear", "align_corners", [2, 3]),
  byScales("linear", "asymmetric", [2, 2]),
  byScales("linear", "half_pixel", [0.5, 1.5]),
  byScales("cubic", "half_pixel", [2, 2]),
  byScales("cubic", "align_corners", [2, 1.5]),
  toSizes("nearest", "asymmetric", [8, 10]),
  toSizes("linear", "half_pixel", [7, 3]),
  toSizes("nearest", "half_pixel", [2, 3]),
  resize("nearest as set 10 has it", {
    opset: 10,
    operands: [float32([1, 1, 2, 3])],
    attributes: { mode: "nearest" },
  }),
  resize("linear along one axis", {
    x: [2, 2, 5],
    operands: [NONE, float32([1, 1, 2])],
    attributes: { mode: "linear", coordinate_transformation_mode: "half_pixel" },
  }),
  single("Resize", "linear by named axes", {
    x: [2, 2, 3, 4],
    opset: 18,
    operands: [NONE, float32([2, 3])],
    attributes: { mode: string("linear"), axes: ints([2, 3]) },
  }),
  single("Upsample", "nearest", { x: [2, 2, 3, 4], opset: 9, operands: [float32([1, 1, 2, 3])] }),
  single("Upsample", "linear", {
    x: [2, 2, 3, 4],
    opset: 9,
    operands: [float32([1, 1, 2, 3])],
    attributes: { mode: string("linear") },
  }),
];
