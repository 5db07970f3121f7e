import { needs, RangeRefusal } from "../../core/errors/errors.ts";
import type { Shape, ValueType } from "../file/onnx_model.ts";
import { int } from "../file/onnx_model.ts";
import type { ValueName } from "../graph.ts";
import type { GrowingGraph } from "../growing_graph.ts";
import { describeShape, isSameShape, resolveAxis } from "../shape.ts";
import { type GradientRule, inputOf, sumOver, sumToShape } from "./backward_step.ts";
import { sumChannels, transformChannels } from "./channels.ts";
import { float32, type NodeOperands, readFloat, readInt, shapeAt } from "./operands.ts";
import type { OperatorFamily } from "./operator_definition.ts";

/** Batch and layer normalisation. */
export const normalizationOperators = {
  /**
   * y = (x − mean) · d · gamma + beta with given mean and variance [C], channels on axis 1, c = x − mean: dx = dy ·
   * gamma · d, dgamma = d · Σ dy·c, dbeta = Σ dy, dmean = −gamma · d · Σ dy, dvariance = −½ · gamma · d² · dgamma.
   */
  BatchNormalization: {
    infer: (node) => [float32(batchNormalizationShape(node))],
    gradient(step) {
      const { graph, dy, node, isNeeded } = step;
      const [x, gamma, mean, variance] = [inputOf(step, 0), inputOf(step, 1), inputOf(step, 3), inputOf(step, 4)];
      const epsilon = graph.constant(readFloat(node.attributes, "epsilon", 1e-5));
      const deviation = graph.node("Sqrt", [graph.node("Add", [variance, epsilon])]);
      const inverse = graph.node("Div", [graph.constant(1), deviation]);
      const scale = graph.node("Mul", [gamma, inverse]);
      const sum = sumChannels(dy, 1, graph);
      const makeDGamma = () => {
        const product = sumChannels(graph.node("Mul", [dy, x]), 1, graph);
        return graph.node("Mul", [graph.node("Sub", [product, graph.node("Mul", [mean, sum])]), inverse]);
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
    },
  },
  /** Differentiated as a group, by `createLayerNormalizationRule`. */
  LayerNormalization: { infer: layerNormalizationTypes, gradient: undefined },
} satisfies OperatorFamily;

function layerNormalizationTypes(node: NodeOperands): readonly ValueType[] {
  const axis = readInt(node.attributes, "axis", -1);
  return layerNormalizationShapes(shapeAt(node, 0), shapeAt(node, 1), axis).map(float32);
}

/** [N, C, …], with scale, shift, mean and variance [C]. */
function batchNormalizationShape(node: NodeOperands): Shape {
  const shape = shapeAt(node, 0);
  for (const index of [1, 2, 3, 4]) {
    if (shapeAt(node, index).length === 1 && shapeAt(node, index)[0] === shape[1]) continue;
    throw new RangeRefusal(needs("BatchNormalization", `${shape[1]} channels in input ${index}`, shapeAt(node, index)));
  }
  return shape;
}

/** LayerNormalization-17: y of x's shape, mean and inverse deviation with lengths of 1 from `axis` on. */
function layerNormalizationShapes(x: Shape, scale: Shape, axis: number): readonly Shape[] {
  const first = resolveAxis(axis, x.length);
  if (!isSameShape(x.slice(first), scale)) {
    throw new RangeRefusal(
      needs("LayerNormalization", `a scale ${describeShape(x.slice(first))}`, describeShape(scale)),
    );
  }
  const statistics = x.map((length, i) => (i < first ? length : 1));
  return [x, statistics, statistics];
}

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

/** What the way there has computed: mean and 1/√(variance + ε) of each sample, with lengths of 1 from `axis` on. */
export interface SampleStatistics {
  readonly mean: ValueName;
  readonly inverseDeviation: ValueName;
  /** The first of the axes that were normalised over. */
  readonly axis: number;
}

/**
 * y = z · gamma + beta, z = (x − mean) · d, with mean and d = 1/√(variance + ε) those of each sample's n values:
 * dbeta = Σ dy and dgamma = Σ dy·z over the samples, g = dy · gamma, dx = d · (g − (Σ g + z · Σ g·z) / n).
 */
export function createLayerNormalizationRule({ mean, inverseDeviation, axis }: SampleStatistics): GradientRule {
  return (step) => {
    const { graph, dy, isNeeded } = step;
    const [x, gamma] = [inputOf(step, 0), inputOf(step, 1)];
    const lengths = graph.shapeOf(gamma);
    const axes = lengths.map((_, i) => axis + i);
    const z = graph.node("Mul", [graph.node("Sub", [x, mean]), inverseDeviation]);
    const dGamma = isNeeded(1) ? sumToShape(graph.node("Mul", [dy, z]), lengths, graph) : undefined;
    const dBeta = isNeeded(2) ? sumToShape(dy, lengths, graph) : undefined;
    if (!isNeeded(0)) return [undefined, dGamma, dBeta];
    const g = graph.node("Mul", [dy, gamma]);
    const sum = (value: ValueName) => sumOver(value, axes, { keepDimensions: true }, graph);
    const count = lengths.reduce<number>((product, length) => product * Number(length), 1);
    const share = graph.node("Add", [sum(g), graph.node("Mul", [z, sum(graph.node("Mul", [g, z]))])]);
    const rest = graph.node("Sub", [g, graph.node("Mul", [share, graph.constant(1 / count)])]);
    return [graph.node("Mul", [rest, inverseDeviation]), dGamma, dBeta];
  };
}

/** 1 / n for n values a channel, which depends on the batch: a scalar. */
function shareOfOne(x: ValueName, channelAxis: number, graph: GrowingGraph): ValueName {
  const size = graph.node("Cast", [graph.node("Size", [x])], { to: int(FLOAT) });
  return graph.node("Div", [graph.constant(Number(graph.shapeOf(x)[channelAxis])), size]);
}

/** The format's number for float32. */
const FLOAT = 1;
