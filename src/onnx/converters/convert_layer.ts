import type { ValueName } from "../graph.ts";
import type { GraphBuilder } from "../graph_builder.ts";
import type { LayerSpec } from "../layer_spec.ts";
import { applyActivation } from "./activation.ts";
import { convertBatchNormalization } from "./batch_normalization.ts";
import { convertDense } from "./dense.ts";
import { convertDropout } from "./dropout.ts";
import { convertIncrementalClassifier } from "./incremental_classifier.ts";
import { convertInput } from "./input.ts";
import { convertConcatenate, convertMerge } from "./merge.ts";
import { convertMultiHeadClassifier } from "./multi_head_classifier.ts";
import { convertFlatten, convertReshape } from "./reshape.ts";

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
      case "flatten":
        return convertFlatten(x, graph);
      case "reshape":
        return convertReshape(layer, x, graph);
      case "merge":
        return convertMerge(layer, inputs, graph);
      case "concatenate":
        return convertConcatenate(layer, inputs, graph);
      case "batchNormalization":
        return convertBatchNormalization(layer, x, { mode, channelAxis: graph.shapeOf(x).length - 1 }, graph);
      case "incrementalClassifier":
        return convertIncrementalClassifier(layer, x, graph);
      case "multiHeadClassifier":
        return convertMultiHeadClassifier(layer, inputs, graph);
    }
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new RangeError(`Cannot convert layer "${layer.name}" to ONNX: ${reason}`, { cause });
  }
}
