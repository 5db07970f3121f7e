import type { ValueName } from "../../graph.ts";
import type { GraphBuilder } from "../../graph_builder.ts";
import type { GradientRule } from "../../ops/backward_step.ts";
import { sumChannels } from "../../ops/channels.ts";
import { spreadMask } from "../masking.ts";
import { invertDeviation, type Normalization, type NormalizedBatch } from "./normalize_by_batch.ts";

/** What Keras adds to the number of values that it averages. */
const FUZZ = 1e-7;

/**
 * [N, T, C] normalised by the mean and variance of the times that count, m of ones and zeros, n of them, as in Keras
 * since 2.14: c = x − Σ m·x / n, d = 1 / √(Σ m·c² / n + ε), y = c · d · gamma + beta. All times are normalised.
 */
export function normalizeSeen(
  { x, gamma, beta, epsilon }: Normalization,
  mask: ValueName,
  graph: GraphBuilder,
): NormalizedBatch {
  const isSeen = spreadMask(mask, x, graph);
  const sum = (value: ValueName) => sumChannels(value, 2, graph);
  const count = graph.node("Add", [sum(isSeen), graph.constant(FUZZ)]);
  const mean = graph.node("Div", [sum(graph.node("Mul", [x, isSeen])), count]);
  const centred = graph.node("Sub", [x, mean]);
  const squares = graph.node("Mul", [graph.node("Mul", [centred, centred]), isSeen]);
  const variance = graph.node("Div", [sum(squares), count]);
  const inverseDeviation = invertDeviation(variance, epsilon, graph);
  const scale = graph.node("Mul", [gamma, inverseDeviation]);
  const y = graph.node("Add", [graph.node("Mul", [centred, scale]), beta]);
  const share = graph.node("Div", [isSeen, count]);
  const rule = createRule({ centred, inverseDeviation, scale, share });
  return { y: graph.group(y, { inputs: [x, gamma, beta], rule }), mean, variance };
}

/** What the way there has computed. */
interface SeenStatistics {
  /** c [N, T, C] */
  readonly centred: ValueName;
  /** d [C] */
  readonly inverseDeviation: ValueName;
  /** gamma · d [C] */
  readonly scale: ValueName;
  /** m / n [N, T, 1] */
  readonly share: ValueName;
}

/** dbeta = Σ dy and dgamma = d · Σ dy·c over all times, dx = gamma · d · (dy − m/n · (dbeta + c · d · dgamma)). */
function createRule({ centred, inverseDeviation, scale, share }: SeenStatistics): GradientRule {
  return ({ graph, dy, isNeeded }) => {
    const dBeta = sumChannels(dy, 2, graph);
    const dGamma = graph.node("Mul", [sumChannels(graph.node("Mul", [dy, centred]), 2, graph), inverseDeviation]);
    if (!isNeeded(0)) return [undefined, dGamma, dBeta];
    const slope = graph.node("Mul", [dGamma, inverseDeviation]);
    const pulled = graph.node("Add", [graph.node("Mul", [centred, slope]), dBeta]);
    const rest = graph.node("Sub", [dy, graph.node("Mul", [pulled, share])]);
    return [graph.node("Mul", [rest, scale]), dGamma, dBeta];
  };
}
