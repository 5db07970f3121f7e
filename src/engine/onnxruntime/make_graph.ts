import { elementAt } from "../../core/element_at.ts";
import { blockChannels } from "../../onnx/blocks/block_channels.ts";
import {
  buildActivationGraph,
  buildBackwardGraph,
  buildConstantForwardGraph,
  buildForwardGraph,
  buildInputGradientGraph,
  buildRowFactorGraph,
  buildRowGradientGraph,
  buildTrainingGraph,
} from "../../onnx/engine_graphs.ts";
import type { DataType } from "../../onnx/file/onnx_model.ts";
import type { Graph } from "../../onnx/graph.ts";
import type { ModelSpec } from "../../onnx/layers/layer_spec.ts";
import { convertPrecision } from "../../onnx/precision/convert_precision.ts";
import { roundOnProcessor } from "../../onnx/precision/round_on_processor.ts";
import type { RowFactorLayout } from "../../onnx/row_factors.ts";
import { sampleShapeOf } from "../../onnx/shape.ts";
import { shareTask } from "../../onnx/topology/share_task.ts";
import { encodeGraphFile, type GraphFile } from "./graph_file.ts";
import type { GraphRequest } from "./graph_request.ts";

/** Where the graph will be computed. */
export interface GraphPlace {
  readonly isOnProcessor: boolean;
  /** Finds how many channels go into a block, undefined where none do. Asked when there is a convolution to compute. */
  readonly findLanes: () => Promise<number | undefined>;
}

/**
 * Makes a graph of a model. It is here that all of `src/onnx` that makes graphs is loaded: replicas which get their
 * graphs from the coordinator do without it.
 * @returns Undefined for row gradients that cannot be had in one pass, or have no factors.
 * @throws {RangeError} If there is no such graph; the message says why.
 */
export async function makeGraph(
  spec: ModelSpec,
  request: GraphRequest,
  { isOnProcessor, findLanes }: GraphPlace,
): Promise<GraphFile | undefined> {
  const { precision = "float32" } = request;
  const plain = buildGraph((request.sharesTask && shareTask(spec)) || spec, request);
  if (!plain) return undefined;
  if (precision !== "float32") {
    const half = convertPrecision(plain, precision);
    return encodeGraphFile(isOnProcessor ? roundOnProcessor(half) : half);
  }
  // Blocks are of float32.
  const hasBlocks = plain.nodes.some(({ op }) => op === "Conv") && !computesHalf(plain);
  const lanes = hasBlocks ? await findLanes() : undefined;
  return encodeGraphFile(lanes === undefined ? plain : blockChannels(plain, lanes));
}

/** The forward graph with these parameters and this state as constants. Both are borrowed. */
export function makeConstantForward(
  spec: ModelSpec,
  vectors: { readonly parameters: Float32Array; readonly state: Float32Array },
): GraphFile {
  return encodeGraphFile(buildConstantForwardGraph(spec, vectors));
}

/**
 * The shape of one row of what a layer gives, channels last.
 * @throws {RangeError} If the model has no layer of that name.
 */
export function findActivationShape(spec: ModelSpec, layerName: string): readonly number[] {
  const { outputs } = buildActivationGraph(spec, layerName, "eval");
  return sampleShapeOf(elementAt(outputs, 0).shape);
}

/** How rows' own gradients are made of factors; undefined where they are not. */
export function findRowFactorLayout(spec: ModelSpec): RowFactorLayout | undefined {
  return buildRowFactorGraph(spec)?.layout;
}

function buildGraph(spec: ModelSpec, request: GraphRequest): Graph | undefined {
  const { mode } = request;
  switch (request.kind) {
    case "forward":
      return buildForwardGraph(spec, mode);
    case "training":
      return buildTrainingGraph(spec, request.objective, request);
    case "backward":
      return buildBackwardGraph(spec, request);
    case "activations":
      return buildActivationGraph(spec, request.layerName, mode);
    case "inputGradients":
      return buildInputGradientGraph(spec, mode);
    case "rowGradients":
      return buildRowGradientGraph(spec, request.measure);
    case "rowFactors":
      return buildRowFactorGraph(spec)?.graph;
  }
}

/** Whether values of the model itself are in half precision. */
function computesHalf({ nodes, types }: Graph): boolean {
  return nodes.some(({ outputs: [name = ""] }) => isHalfType(types.get(name)?.dataType));
}

function isHalfType(dataType: DataType | undefined): boolean {
  return dataType === "float16" || dataType === "bfloat16";
}
