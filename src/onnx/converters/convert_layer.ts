import { describeCause, RangeRefusal } from "../../core/errors.ts";
import type { ValueName } from "../graph.ts";
import type { GraphBuilder } from "../graph_builder.ts";
import type { LayerSpec } from "../specs/layer_spec.ts";
import type { BatchNormalizationSpec } from "../specs/normalization_spec.ts";
import { applyActivation } from "./activation.ts";
import { convertBatchNormalization } from "./batch_normalization.ts";
import { hasChannelsFirst, putChannelsFirst, putChannelsLast } from "./channels_first.ts";
import {
  convertConvolution,
  convertDepthwiseConvolution,
  convertSeparableConvolution,
  convertTransposedConvolution,
} from "./convolution.ts";
import { convertDense } from "./dense.ts";
import { convertDot } from "./dot.ts";
import { convertAlphaDropout, convertDropout, convertGaussianNoise, convertGaussianSampling } from "./dropout.ts";
import { convertEmbedding } from "./embedding.ts";
import { convertIncrementalClassifier } from "./incremental_classifier.ts";
import { convertInput } from "./input.ts";
import { convertLayerNormalization } from "./layer_normalization.ts";
import { convertLearnedRelu } from "./learned_relu.ts";
import { convertConcatenate, convertMerge } from "./merge.ts";
import { convertMultiHeadClassifier } from "./multi_head_classifier.ts";
import { convertGlobalPooling, convertPooling } from "./pooling.ts";
import { convertProgressiveNetwork } from "./progressive_network.ts";
import { convertPermute, convertRepeatVector, convertRescaling } from "./rearrange.ts";
import { convertBidirectional, convertRecurrent } from "./recurrent.ts";
import { convertFlatten, convertReshape } from "./reshape.ts";
import { convertCropping, convertUpSampling, convertZeroPadding } from "./resizing.ts";

/** Where a layer is converted to, and for what. */
export interface Conversion {
  readonly graph: GraphBuilder;
  /** "train" drops units, uses batch statistics and updates the layers' state; "eval" does neither. */
  readonly mode: "train" | "eval";
}

/**
 * Adds one call of a layer to the graph and returns its output. The only way from a layer to ONNX: training graphs
 * and exported models are both made by it.
 * @throws {RangeError} If the inputs' shapes do not fit the layer; the message names it.
 */
export function convertLayer(layer: LayerSpec, inputs: readonly ValueName[], { graph, mode }: Conversion): ValueName {
  try {
    const [x = ""] = inputs;
    switch (layer.kind) {
      case "input":
        return convertInput(layer, graph);
      case "dense":
        return convertDense(layer, x, graph);
      case "activation":
        return applyActivation(layer.activation, x, graph);
      case "dropout":
        return mode === "train" ? convertDropout(layer, x, graph) : x;
      case "gaussianNoise":
        return mode === "train" ? convertGaussianNoise(layer, x, graph) : x;
      case "gaussianSampling":
        return mode === "train" ? convertGaussianSampling(layer, inputs, graph) : x;
      case "alphaDropout":
        return mode === "train" ? convertAlphaDropout(layer, x, graph) : x;
      case "flatten":
        return convertFlatten(x, graph);
      case "reshape":
        return convertReshape(layer, x, graph);
      case "convolution":
        return convertConvolution(layer, x, graph);
      case "depthwiseConvolution":
        return convertDepthwiseConvolution(layer, x, graph);
      case "separableConvolution":
        return convertSeparableConvolution(layer, x, graph);
      case "transposedConvolution":
        return convertTransposedConvolution(layer, x, graph);
      case "pooling":
        return convertPooling(layer, x, graph);
      case "globalPooling":
        return convertGlobalPooling(layer, x, graph);
      case "zeroPadding":
        return convertZeroPadding(layer, x, graph);
      case "cropping":
        return convertCropping(layer, x, graph);
      case "upSampling":
        return convertUpSampling(layer, x, graph);
      case "merge":
        return convertMerge(layer, inputs, graph);
      case "concatenate":
        return convertConcatenate(layer, inputs, graph);
      case "batchNormalization":
        return normalizeInOrder(layer, x, { graph, mode });
      case "layerNormalization":
        return convertLayerNormalization(layer, x, graph);
      case "embedding":
        return convertEmbedding(layer, x, graph);
      case "permute":
        return convertPermute(layer, x, graph);
      case "repeatVector":
        return convertRepeatVector(layer, x, graph);
      case "rescaling":
        return convertRescaling(layer, x, graph);
      case "learnedRelu":
        return convertLearnedRelu(layer, x, graph);
      case "recurrent":
        return convertRecurrent(layer, inputs, graph);
      case "bidirectional":
        return convertBidirectional(layer, inputs, graph);
      case "dot":
        return convertDot(layer, inputs, graph);
      case "incrementalClassifier":
        return convertIncrementalClassifier(layer, x, graph);
      case "multiHeadClassifier":
        return convertMultiHeadClassifier(layer, inputs, graph);
      case "progressiveNetwork":
        return convertProgressiveNetwork(layer, inputs, graph);
    }
  } catch (cause) {
    const reason = describeCause(cause);
    throw new RangeRefusal(`Cannot convert layer "${layer.name}" to ONNX: ${reason}`, { cause });
  }
}

/** Between convolutions, where channels lie first in memory, they are normalised as they lie. */
function normalizeInOrder(layer: BatchNormalizationSpec, x: ValueName, { graph, mode }: Conversion): ValueName {
  if (!hasChannelsFirst(x, graph)) {
    return convertBatchNormalization(layer, x, { mode, channelAxis: graph.shapeOf(x).length - 1 }, graph);
  }
  const y = convertBatchNormalization(layer, putChannelsFirst(x, graph), { mode, channelAxis: 1 }, graph);
  return putChannelsLast(y, graph);
}
