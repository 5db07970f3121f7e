import type { ValueName } from "../graph.ts";
import { type GradientRule, inputOf, sumOver, sumToShape } from "./gradient_rule.ts";

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
