import { cannot, RangeRefusal } from "../../core/errors.ts";
import type { Shape } from "../file/onnx_model.ts";
import type { IncrementalClassifierSpec, LayerSpec, MultiHeadClassifierSpec } from "../specs/layer_spec.ts";
import type { ParameterSpec } from "../specs/parameter_spec.ts";
import { describeColumns } from "../specs/progressive_columns.ts";
import {
  describeBatchNormalization,
  describeEmbedding,
  describeLayerNormalization,
  describeLearnedRelu,
  describeRecurrentCell,
} from "./describe_sequence_parameters.ts";
import { describeWindowParameters } from "./describe_window_parameters.ts";

/**
 * The tensors of a layer called on inputs of these shapes, in the order in which tfjs creates them.
 * @throws {RangeError} If they do not follow from the shapes.
 */
export function describeParameters(layer: LayerSpec, inputs: readonly Shape[]): ParameterSpec[] {
  switch (layer.kind) {
    case "dense": {
      const features = inputs[0]?.at(-1);
      if (typeof features !== "number") {
        throw new RangeRefusal(cannot(`size layer "${layer.name}"`, "an input [N, …, features]", inputs[0]));
      }
      const kernel = { name: `${layer.layer}/kernel`, shape: [features, layer.units], isTrainable: true };
      const bias = { name: `${layer.layer}/bias`, shape: [layer.units], isTrainable: true };
      return layer.useBias ? [kernel, bias] : [kernel];
    }
    case "batchNormalization":
      return describeBatchNormalization(layer, inputs[0] ?? []);
    case "layerNormalization":
      return describeLayerNormalization(layer, inputs[0] ?? []);
    case "embedding":
      return describeEmbedding(layer);
    case "recurrent":
      return describeRecurrentCell(layer, inputs[0] ?? []);
    case "bidirectional":
      return [layer.forward, layer.backward].flatMap((cell) => describeRecurrentCell(cell, inputs[0] ?? []));
    case "learnedRelu":
      return describeLearnedRelu(layer, inputs[0] ?? []);
    case "incrementalClassifier":
    case "multiHeadClassifier":
      return describeGrowingHead(layer, inputs);
    case "progressiveNetwork":
      return describeColumns(layer.layer, layer, readFeatures(layer, inputs));
    case "convolution":
    case "transposedConvolution":
    case "depthwiseConvolution":
    case "separableConvolution":
    case "pooling":
    case "globalPooling":
    case "zeroPadding":
    case "cropping":
    case "upSampling":
      return describeWindowParameters(layer, inputs);
    case "input":
    case "activation":
    case "dropout":
    case "gaussianNoise":
    case "gaussianSampling":
    case "alphaDropout":
    case "flatten":
    case "reshape":
    case "permute":
    case "repeatVector":
    case "rescaling":
    case "dot":
    case "merge":
    case "concatenate":
      return [];
  }
}

/** kernel [in, units], bias and `active` [units]; with several heads [tasks, …] of each. */
function describeGrowingHead(
  layer: IncrementalClassifierSpec | MultiHeadClassifierSpec,
  inputs: readonly Shape[],
): ParameterSpec[] {
  const features = readFeatures(layer, inputs);
  const isIncremental = layer.kind === "incrementalClassifier";
  const units = isIncremental ? layer.units : Math.max(...layer.headUnits);
  const heads = isIncremental ? [] : [layer.headUnits.length];
  return [
    { name: `${layer.layer}/kernel`, shape: [...heads, features, units], isTrainable: true },
    { name: `${layer.layer}/bias`, shape: [...heads, units], isTrainable: true },
    { name: `${layer.layer}/active`, shape: [...heads, units], isTrainable: false },
  ];
}

/** The width of a first input [N, in]. */
function readFeatures({ name }: LayerSpec, inputs: readonly Shape[]): number {
  const [, features, ...others] = inputs[0] ?? [];
  if (typeof features === "number" && others.length === 0) return features;
  throw new RangeRefusal(cannot(`size layer "${name}"`, "an input [N, in]", inputs[0]));
}
