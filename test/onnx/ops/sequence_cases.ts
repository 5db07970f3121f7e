import { float, int } from "../../../src/onnx/file/onnx_model.ts";
import { createLayerNormalizationRule } from "../../../src/onnx/ops/normalization.ts";
import type { GradientCase } from "./gradient_case.ts";

/** Operators of sequences and tables. */
export const SEQUENCE_CASES: readonly GradientCase[] = [
  ...([1, 2] as const).map(
    (axis): GradientCase => ({
      name: `layer normalization from axis ${axis} on`,
      op: "LayerNormalization",
      shapes: [[2, 3, 4], [3, 4].slice(axis - 1), [3, 4].slice(axis - 1)],
      add: (graph, inputs) => {
        const attributes = { axis: int(axis), epsilon: float(0.1) };
        const [y = "", mean = "", inverseDeviation = ""] = graph.manyOutputs("LayerNormalization", inputs, attributes);
        return graph.group(y, { inputs, rule: createLayerNormalizationRule({ mean, inverseDeviation, axis }) });
      },
    }),
  ),
  {
    name: "Expand",
    op: "Expand",
    shapes: [[2, 1, 3]],
    add: (graph, [x = ""]) => graph.node("Expand", [x, graph.integers([1, 4, 1])]),
  },
  {
    name: "Gather of rows, one of them twice",
    op: "Gather",
    shapes: [[4, 3]],
    add: (graph, [x = ""]) => graph.node("Gather", [x, graph.integers([2, 0, 2, 3])], { axis: int(0) }),
  },
  {
    name: "PRelu with a slope a column",
    op: "PRelu",
    shapes: [
      [2, 3, 4],
      [1, 4],
    ],
    add: (graph, inputs) => graph.node("PRelu", inputs),
  },
  {
    name: "ThresholdedRelu",
    op: "ThresholdedRelu",
    shapes: [[3, 4]],
    add: (graph, [x = ""]) => graph.node("ThresholdedRelu", [x], { alpha: float(0.5) }),
  },
  {
    name: "Split, of which one part is unused and one used twice",
    op: "Split",
    shapes: [[2, 6]],
    add: (graph, [x = ""]) => {
      const [a = "", , c = ""] = graph.manyOutputs("Split", [x, graph.integers([1, 3, 2])], { axis: int(1) });
      return graph.node("Add", [graph.node("Mul", [c, c]), a]);
    },
  },
  {
    name: "MatMul of pairs of matrices",
    op: "MatMul",
    shapes: [
      [2, 3, 4],
      [2, 4, 2],
    ],
    add: (graph, inputs) => graph.node("MatMul", inputs),
  },
  {
    name: "MatMul of several matrices with one",
    op: "MatMul",
    shapes: [
      [2, 3, 4],
      [4, 2],
    ],
    add: (graph, inputs) => graph.node("MatMul", inputs),
  },
];
