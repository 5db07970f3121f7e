import { needs, RangeRefusal } from "../../../core/errors/errors.ts";
import { float } from "../../file/onnx_model.ts";
import type { ValueName } from "../../graph.ts";
import type { GraphBuilder } from "../../graph_builder.ts";
import { repeatConstant, transformChannels } from "../../ops/channels.ts";
import { describeShape, multiplyDimensions } from "../../shape.ts";
import type { LayerCall } from "../layer_call.ts";
import type { Mask } from "../layer_definition.ts";
import { invertDeviation, type Normalization, normalizeByBatch } from "./normalize_by_batch.ts";
import { normalizeSeen } from "./normalize_seen.ts";

/** Normalises each channel over the batch. */
export interface BatchNormalizationSpec extends LayerCall {
  readonly kind: "batchNormalization";
  /** The layer that owns `gamma`, `beta`, `moving_mean` and `moving_variance`, each [C]. */
  readonly layer: string;
  /** Of the channels. */
  readonly axis: number;
  readonly momentum: number;
  readonly epsilon: number;
  /** Whether there is a beta. */
  readonly center: boolean;
  /** Whether there is a gamma. */
  readonly scale: boolean;
  /** True for a layer with `trainable: false`, which goes by its moving statistics in training too. */
  readonly isFrozen: boolean;
}

/** How a batch normalisation is converted. */
export interface BatchNormalizationOptions {
  readonly mode: "train" | "eval";
  /** Where the value has its channels: the last axis, or 1 in [N, C, …]. */
  readonly channelAxis: number;
  /** Which times of [N, T, C] the batch's statistics are of. Default: all. */
  readonly mask?: Mask;
}

/**
 * Batch normalisation of [N, …, C] (or [N, C, …]): y = (x − mean) / √(variance + ε) · gamma + beta, channel by channel.
 * In evaluation mean and variance are the moving ones. In training they are the batch's (the variance is the biased
 * one, as in TF.js), they are differentiated through, and the moving ones go to moving − (moving − batch) · (1 −
 * momentum). A frozen layer computes the same in training as in evaluation, and its statistics stay.
 * @throws {RangeError} If the layer's channels are not on the last axis of its own layout.
 * @see Ioffe and Szegedy 2015, Batch Normalization, arXiv:1502.03167
 */
export function convertBatchNormalization(
  layer: BatchNormalizationSpec,
  x: ValueName,
  { mode, channelAxis, mask }: BatchNormalizationOptions,
  graph: GraphBuilder,
): ValueName {
  const shape = graph.shapeOf(x);
  const channels = shape[channelAxis];
  if (typeof channels !== "number" || (layer.axis !== -1 && layer.axis !== shape.length - 1)) {
    throw new RangeRefusal(
      needs("BatchNormalization", `channels on the last axis of ${describeShape(shape)}`, layer.axis),
    );
  }
  const gamma = layer.scale ? graph.parameter(`${layer.layer}/gamma`) : repeatConstant(1, channels, graph);
  const beta = layer.center ? graph.parameter(`${layer.layer}/beta`) : repeatConstant(0, channels, graph);
  const values: Normalization = { x, gamma, beta, channelAxis, epsilon: layer.epsilon };
  if (mode === "eval" || layer.isFrozen) return normalizeByMovingStatistics(layer, values, graph);
  requireSpread(layer, values, graph);
  const normalized = mask === undefined ? normalizeByBatch(values, graph) : normalizeSeen(values, mask, graph);
  const { y, mean, variance } = normalized;
  moveAverage(layer, { name: "moving_mean", batch: mean }, graph);
  moveAverage(layer, { name: "moving_variance", batch: variance }, graph);
  return y;
}

function normalizeByMovingStatistics(
  layer: BatchNormalizationSpec,
  { x, gamma, beta, channelAxis, epsilon }: Normalization,
  graph: GraphBuilder,
): ValueName {
  const mean = graph.state(`${layer.layer}/moving_mean`);
  const variance = graph.state(`${layer.layer}/moving_variance`);
  if (channelAxis < graph.shapeOf(x).length - 1) {
    return graph.node("BatchNormalization", [x, gamma, beta, mean, variance], { epsilon: float(epsilon) });
  }
  const scale = graph.node("Mul", [gamma, invertDeviation(variance, epsilon, graph)]);
  const shift = graph.node("Sub", [beta, graph.node("Mul", [mean, scale])]);
  return transformChannels(x, channelAxis, { scale, shift }, graph);
}

/** The variance of a single value is 0, and what becomes of it is beta, whatever it was. */
function requireSpread(layer: BatchNormalizationSpec, { x, channelAxis }: Normalization, graph: GraphBuilder): void {
  const others = graph.shapeOf(x).filter((_, axis) => axis !== channelAxis);
  if (multiplyDimensions(others) !== "N") return;
  graph.requireRows({ rows: 2, reason: `layer "${layer.name}" normalizes by the batch's variance` });
}

function moveAverage(
  { layer, momentum }: BatchNormalizationSpec,
  { name, batch }: { name: string; batch: ValueName },
  graph: GraphBuilder,
): void {
  const moving = graph.state(`${layer}/${name}`);
  const step = graph.node("Mul", [graph.node("Sub", [moving, batch]), graph.constant(1 - momentum)]);
  graph.updateState(`${layer}/${name}`, graph.node("Sub", [moving, step]));
}
