import { type Attributes, int, ints, string } from "../../../src/onnx/file/onnx_model.ts";
import type { ValueName } from "../../../src/onnx/graph.ts";
import type { GraphBuilder } from "../../../src/onnx/graph_builder.ts";
import type { Operator } from "../../../src/onnx/ops/operator.ts";
import type { GradientCase } from "./gradient_case.ts";

function windowed(
  name: string,
  op: Operator,
  shapes: readonly (readonly number[])[],
  attributes: Attributes,
): GradientCase {
  return { name: `${op}: ${name}`, op, shapes, add: (graph, inputs) => graph.node(op, inputs, attributes) };
}

/** Values drawn alike are told apart, so that each window has one largest: a row or a column further they differ. */
function pooledByMaximum(name: string, shape: readonly number[], attributes: Attributes): GradientCase {
  const [height = 1, width = 1] = shape.slice(2);
  const offsets = Array.from({ length: height * width }, (_, i) => {
    return ((2 * Math.floor(i / width) + ((i % width) % 2)) % 6) / 24;
  });
  const add = (graph: GraphBuilder, [x = ""]: readonly ValueName[]) =>
    graph.node("MaxPool", [graph.node("Add", [x, graph.constant(offsets, shape.slice(2))])], attributes);
  return { name: `MaxPool: ${name}`, op: "MaxPool", shapes: [shape], add };
}

/** The same of volumes, in windows of two places an axis. */
function volumesPooledByMaximum(name: string, attributes: Attributes): GradientCase {
  const lengths = [3, 3, 4];
  const offsets = Array.from({ length: 36 }, (_, i) => {
    return (4 * (Math.floor(i / 12) % 2) + 2 * ((Math.floor(i / 4) % 3) % 2) + (i % 2)) / 64;
  });
  const add = (graph: GraphBuilder, [x = ""]: readonly ValueName[]) =>
    graph.node("MaxPool", [graph.node("Add", [x, graph.constant(offsets, lengths)])], attributes);
  return { name: `MaxPool: ${name}`, op: "MaxPool", shapes: [[2, 2, ...lengths]], add };
}

function resized(mode: "nearest" | "linear", scales: readonly number[]): GradientCase {
  const add = (graph: GraphBuilder, [x = ""]: readonly ValueName[]) =>
    graph.node("Resize", [x, "", graph.constant([1, 1, ...scales])], {
      mode: string(mode),
      coordinate_transformation_mode: string("asymmetric"),
      ...(mode === "nearest" ? { nearest_mode: string("floor") } : {}),
    });
  return { name: `Resize: ${mode} by ${scales.join(" and ")}`, op: "Resize", shapes: [[2, 2, 2, 3]], add };
}

/** Every setting of a window that leads a gradient another way. */
export const WINDOW_GRADIENT_CASES: readonly GradientCase[] = [
  volumesPooledByMaximum("volumes", { kernel_shape: ints([2, 2, 2]), strides: ints([1, 1, 2]) }),
  volumesPooledByMaximum("volumes, padded", {
    kernel_shape: ints([2, 2, 2]),
    strides: ints([1, 1, 2]),
    pads: ints([0, 0, 1, 1, 1, 1]),
  }),
  windowed("volumes, padded", "AveragePool", [[2, 2, 3, 3, 4]], {
    kernel_shape: ints([2, 2, 3]),
    strides: ints([1, 2, 1]),
    pads: ints([0, 0, 1, 1, 1, 1]),
  }),
  windowed("volumes, padded, with strides", "Conv", [[2, 2, 3, 3, 4], [3, 2, 2, 1, 3], [3]], {
    kernel_shape: ints([2, 1, 3]),
    strides: ints([1, 2, 1]),
    pads: ints([0, 0, 1, 1, 0, 1]),
  }),
  windowed("plain, with a bias", "Conv", [[2, 2, 4, 3], [3, 2, 3, 2], [3]], { kernel_shape: ints([3, 2]) }),
  windowed(
    "padded",
    "Conv",
    [
      [2, 2, 3, 3],
      [3, 2, 3, 3],
    ],
    { kernel_shape: ints([3, 3]), pads: ints([1, 1, 1, 1]) },
  ),
  windowed(
    "turned around on the way back, since it keeps the length and has fewer channels out than in",
    "Conv",
    [
      [2, 3, 3, 4],
      [2, 3, 3, 2],
    ],
    { kernel_shape: ints([3, 2]), pads: ints([1, 0, 1, 1]) },
  ),
  windowed(
    "turned around on the way back, and dilated",
    "Conv",
    [
      [1, 2, 4, 4],
      [2, 2, 2, 2],
    ],
    { kernel_shape: ints([2, 2]), dilations: ints([2, 1]), pads: ints([0, 1, 2, 0]) },
  ),
  windowed(
    "strides that leave something over",
    "Conv",
    [
      [2, 2, 6, 6],
      [2, 2, 3, 3],
    ],
    {
      kernel_shape: ints([3, 3]),
      strides: ints([2, 2]),
      pads: ints([0, 0, 1, 1]),
    },
  ),
  windowed(
    "1×1 with strides",
    "Conv",
    [
      [2, 2, 4, 4],
      [3, 2, 1, 1],
    ],
    { kernel_shape: ints([1, 1]), strides: ints([2, 2]) },
  ),
  windowed(
    "dilations",
    "Conv",
    [
      [2, 2, 6, 7],
      [2, 2, 2, 3],
    ],
    { kernel_shape: ints([2, 3]), dilations: ints([3, 2]) },
  ),
  windowed(
    "strides and dilations, padded unevenly",
    "Conv",
    [
      [1, 1, 8, 9],
      [2, 1, 2, 3],
    ],
    {
      kernel_shape: ints([2, 3]),
      strides: ints([2, 3]),
      dilations: ints([2, 2]),
      pads: ints([1, 2, 0, 1]),
    },
  ),
  windowed(
    "one spatial axis",
    "Conv",
    [
      [2, 3, 7],
      [2, 3, 3],
    ],
    {
      kernel_shape: ints([3]),
      strides: ints([2]),
      pads: ints([1, 0]),
    },
  ),
  windowed(
    "two groups",
    "Conv",
    [
      [2, 4, 3, 4],
      [2, 2, 2, 2],
    ],
    { kernel_shape: ints([2, 2]), group: int(2) },
  ),
  windowed(
    "a group a channel",
    "Conv",
    [
      [2, 3, 4, 4],
      [6, 1, 3, 3],
    ],
    {
      kernel_shape: ints([3, 3]),
      strides: ints([2, 1]),
      pads: ints([1, 1, 1, 1]),
      group: int(3),
    },
  ),
  windowed("plain, with a bias", "ConvTranspose", [[2, 2, 3, 2], [2, 3, 2, 3], [3]], { kernel_shape: ints([2, 3]) }),
  windowed(
    "strides and more than the window covers",
    "ConvTranspose",
    [
      [2, 2, 2, 3],
      [2, 3, 3, 3],
    ],
    {
      kernel_shape: ints([3, 3]),
      strides: ints([2, 2]),
      pads: ints([0, 1, 1, 1]),
      output_padding: ints([0, 1]),
    },
  ),
  pooledByMaximum("plain", [2, 2, 4, 4], { kernel_shape: ints([2, 2]), strides: ints([2, 2]) }),
  pooledByMaximum("windows that overlap, padded", [1, 2, 5, 4], {
    kernel_shape: ints([3, 2]),
    strides: ints([2, 1]),
    pads: ints([1, 0, 1, 1]),
  }),
  pooledByMaximum("one spatial axis", [2, 2, 5], { kernel_shape: ints([2]), strides: ints([2]) }),
  windowed("plain, something left over", "AveragePool", [[2, 2, 5, 4]], {
    kernel_shape: ints([2, 2]),
    strides: ints([2, 2]),
  }),
  windowed("windows that overlap, padded", "AveragePool", [[2, 2, 5, 4]], {
    kernel_shape: ints([3, 2]),
    strides: ints([2, 1]),
    pads: ints([1, 0, 1, 1]),
  }),
  windowed("axes dropped", "ReduceMax", [[2, 2, 3, 2]], { axes: ints([2, 3]), keepdims: int(0) }),
  windowed("axes kept", "ReduceMax", [[2, 3, 2]], { axes: ints([-2]), keepdims: int(1) }),
  resized("nearest", [2, 3]),
  resized("linear", [3, 2]),
  {
    name: "Pad",
    op: "Pad",
    shapes: [[2, 3, 2]],
    add: (graph, [x = ""]) => graph.node("Pad", [x, graph.integers([0, 1, 0, 0, 2, 3])]),
  },
  {
    name: "Slice along two axes",
    op: "Slice",
    shapes: [[2, 4, 3]],
    add: (graph, [x = ""]) =>
      graph.node("Slice", [x, graph.integers([1, 0]), graph.integers([3, 2]), graph.integers([1, 2])]),
  },
];
