import { float, int, ints } from "../../../../src/onnx/file/onnx_model.ts";
import { type ImportCase, node, several, single, weight } from "./import_case.ts";

const IMAGE = [2, 4, 2, 3];

/** Normalisations; epsilon is large, so that differences are exact. */
export const NORMALIZATION_CASES: readonly ImportCase[] = [
  ...[9, 15].map((opset) =>
    single("BatchNormalization", "by its statistics", {
      x: IMAGE,
      opset,
      operands: [weight([4]), weight([4]), weight([4]), weight([4], { shift: 2.5 })],
      attributes: { epsilon: float(0.1) },
    }),
  ),
  single("BatchNormalization", "of rows", {
    x: [3, 4],
    operands: [weight([4]), weight([4]), weight([4]), weight([4], { shift: 2.5 })],
  }),
  single("GroupNormalization", "scale and bias a group", {
    x: [2, 6, 2, 3],
    opset: 18,
    operands: [weight([2]), weight([2])],
    attributes: { num_groups: int(2), epsilon: float(0.1) },
  }),
  single("GroupNormalization", "scale and bias a channel", {
    x: [2, 6, 2, 3],
    opset: 21,
    operands: [weight([6]), weight([6])],
    attributes: { num_groups: int(2), epsilon: float(0.1) },
  }),
  single("InstanceNormalization", "of images", {
    x: IMAGE,
    opset: 9,
    operands: [weight([4]), weight([4])],
    attributes: { epsilon: float(0.1) },
  }),
  single("LayerNormalization", "of the last axis", {
    x: [2, 3, 4],
    operands: [weight([4]), weight([4])],
    attributes: { epsilon: float(0.1) },
  }),
  single("LayerNormalization", "of two axes, without a bias", {
    x: [2, 3, 4],
    operands: [weight([3, 4])],
    attributes: { axis: int(1), epsilon: float(0.1) },
  }),
  several("com.microsoft.SkipLayerNormalization", "with biases", {
    x: [2, 3, 4],
    operands: {
      "gamma.weight": weight([4]),
      "beta.weight": weight([4]),
      "bias.weight": weight([4]),
    },
    nodes: [
      node("Sin", ["x"], { outputs: ["skip"] }),
      node("com.microsoft.SkipLayerNormalization", ["x", "skip", "gamma.weight", "beta.weight", "bias.weight"], {
        attributes: { epsilon: float(0.1) },
      }),
    ],
  }),
  single("LpNormalization", "p = 2", { x: [2, 3, 4], attributes: { axis: int(1) } }),
  single("LpNormalization", "p = 1", { x: [2, 3, 4], attributes: { p: int(1) } }),
  single("MeanVarianceNormalization", "a channel, over places", { x: IMAGE, attributes: { axes: ints([2, 3]) } }),
  single("RMSNormalization", "of the last axis", {
    x: [2, 3, 4],
    opset: 23,
    operands: [weight([4])],
    attributes: { epsilon: float(0.1) },
  }),
  single("SimplifiedLayerNormalization", "of the last axis", {
    x: [2, 3, 4],
    operands: [weight([4])],
    attributes: { epsilon: float(0.1) },
  }),
];
