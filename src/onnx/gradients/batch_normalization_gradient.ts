import { sumChannels, transformChannels } from "../converters/channels.ts";
import { int } from "../file/onnx_model.ts";
import type { ValueName } from "../graph.ts";
import type { GraphBuilder } from "../graph_builder.ts";
import { readFloat } from "../shape_rules.ts";
import { type BackwardStep, type GradientRule, inputOf } from "./gradient_rule.ts";

/** What the way there has computed of a batch normalised by its own statistics. */
export interface BatchStatistics {
  /** x − mean, of x's shape. */
  readonly centred: ValueName;
  /** d = 1 / √(variance + ε) [C] */
  readonly inverseDeviation: ValueName;
  /** gamma · d [C] */
  readonly scale: ValueName;
  readonly channelAxis: number;
}

/**
 * y = (x − mean(x)) · d · gamma + beta with the statistics of x itself, n values a channel, c = x − mean: dbeta = Σ dy,
 * dgamma = d · Σ dy·c, dx = gamma · d · (dy − dbeta/n − c · d · dgamma/n). One rule for the whole: rule by rule there
 * would be twice as many passes over the values. Two passes make the sums and one their product; three make dx.
 */
export function createBatchNormalizationRule(statistics: BatchStatistics): GradientRule {
  const { centred, inverseDeviation, scale, channelAxis } = statistics;
  return ({ graph, dy, isNeeded }) => {
    const dBeta = sumChannels(dy, channelAxis, graph);
    const dProduct = sumChannels(graph.node("Mul", [dy, centred]), channelAxis, graph);
    const dGamma = graph.node("Mul", [dProduct, inverseDeviation]);
    if (!isNeeded(0)) return [undefined, dGamma, dBeta];
    const share = shareOfOne(dy, channelAxis, graph);
    const slope = graph.node("Mul", [graph.node("Mul", [dGamma, inverseDeviation]), graph.node("Neg", [share])]);
    const sum = graph.node("Add", [transformChannels(centred, channelAxis, { scale: slope }, graph), dy]);
    const shift = graph.node("Neg", [graph.node("Mul", [graph.node("Mul", [dBeta, share]), scale])]);
    return [transformChannels(sum, channelAxis, { scale, shift }, graph), dGamma, dBeta];
  };
}

/**
 * y = (x − mean) · d · gamma + beta with given mean and variance [C], channels on axis 1, c = x − mean: dx = dy · gamma
 * · d, dgamma = d · Σ dy·c, dbeta = Σ dy, dmean = −gamma · d · Σ dy, dvariance = −½ · gamma · d² · dgamma.
 */
export function gradientOfBatchNormalization(step: BackwardStep): (ValueName | undefined)[] {
  const { graph, dy, node, isNeeded } = step;
  const [x, gamma, mean, variance] = [0, 1, 3, 4].map((index) => inputOf(step, index));
  const epsilon = graph.constant(readFloat(node.attributes, "epsilon", 1e-5));
  const deviation = graph.node("Sqrt", [graph.node("Add", [variance ?? "", epsilon])]);
  const inverse = graph.node("Div", [graph.constant(1), deviation]);
  const scale = graph.node("Mul", [gamma ?? "", inverse]);
  const sum = sumChannels(dy, 1, graph);
  const makeDGamma = () => {
    const product = sumChannels(graph.node("Mul", [dy, x ?? ""]), 1, graph);
    return graph.node("Mul", [graph.node("Sub", [product, graph.node("Mul", [mean ?? "", sum])]), inverse]);
  };
  const dGamma = isNeeded(1) || isNeeded(4) ? makeDGamma() : undefined;
  const half = () => graph.node("Mul", [graph.node("Mul", [scale, inverse]), graph.constant(-0.5)]);
  return [
    isNeeded(0) ? transformChannels(dy, 1, { scale }, graph) : undefined,
    dGamma,
    sum,
    isNeeded(3) ? graph.node("Neg", [graph.node("Mul", [scale, sum])]) : undefined,
    isNeeded(4) && dGamma !== undefined ? graph.node("Mul", [half(), dGamma]) : undefined,
  ];
}

/** 1 / n for n values a channel, which depends on the batch: a scalar. */
function shareOfOne(x: ValueName, channelAxis: number, graph: GraphBuilder): ValueName {
  const size = graph.node("Cast", [graph.node("Size", [x])], { to: int(FLOAT) });
  return graph.node("Div", [graph.constant(Number(graph.shapeOf(x)[channelAxis])), size]);
}

/** The format's number for float32. */
const FLOAT = 1;
