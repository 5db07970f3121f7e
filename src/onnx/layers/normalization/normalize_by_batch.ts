import type { ValueName } from "../../graph.ts";
import type { GraphBuilder } from "../../graph_builder.ts";
import { averageChannels, transformChannels } from "../../ops/channels.ts";
import { createBatchNormalizationRule } from "../../ops/normalization.ts";

/** What is normalised, and with what. */
export interface Normalization {
  /** [N, …] with C channels. */
  readonly x: ValueName;
  /** [C] */
  readonly gamma: ValueName;
  /** [C] */
  readonly beta: ValueName;
  readonly channelAxis: number;
  readonly epsilon: number;
}

/** What was made of a batch, and the statistics that it was normalised by. */
export interface NormalizedBatch {
  /** Of x's shape. */
  readonly y: ValueName;
  /** [C] */
  readonly mean: ValueName;
  /** [C]; the biased one: the mean of the squares. */
  readonly variance: ValueName;
}

/**
 * y = (x − mean(x)) / √(variance(x) + ε) · gamma + beta, channel by channel, differentiated as one. The variance is
 * taken of centred values: that costs a pass more than E[x²] − mean², which loses all digits where the mean is large.
 */
export function normalizeByBatch(values: Normalization, graph: GraphBuilder): NormalizedBatch {
  const { x, gamma, beta, channelAxis, epsilon } = values;
  const mean = averageChannels(x, channelAxis, graph);
  const centred = transformChannels(x, channelAxis, { shift: graph.node("Neg", [mean]) }, graph);
  const variance = averageChannels(graph.node("Mul", [centred, centred]), channelAxis, graph);
  const inverseDeviation = invertDeviation(variance, epsilon, graph);
  const scale = graph.node("Mul", [gamma, inverseDeviation]);
  const y = transformChannels(centred, channelAxis, { scale, shift: beta }, graph);
  const rule = createBatchNormalizationRule({ centred, inverseDeviation, scale, channelAxis });
  return { y: graph.group(y, { inputs: [x, gamma, beta], rule }), mean, variance };
}

/** 1 / √(variance + ε) */
export function invertDeviation(variance: ValueName, epsilon: number, graph: GraphBuilder): ValueName {
  const deviation = graph.node("Sqrt", [graph.node("Add", [variance, graph.constant(epsilon)])]);
  return graph.node("Div", [graph.constant(1), deviation]);
}
