import { countElements } from "../core/host_tensor.ts";
import type { GradientSeed } from "./differentiate.ts";
import type { ValueName } from "./graph.ts";
import type { GraphBuilder } from "./graph_builder.ts";
import { sumRows } from "./objectives_with_constant.ts";
import { sampleShapeOf } from "./shape.ts";

/**
 * Adds what holds features f [N, …] to what they were, and two more inputs: targets t [N, F] and a factor [1].
 * @returns factor · ‖f − t‖² of each row [N], and where differentiation of their sum starts: 2 · factor · (f − t).
 */
export function addFeatureAnchor(
  features: ValueName,
  graph: GraphBuilder,
): { readonly losses: ValueName; readonly seed: GradientSeed } {
  const width = countElements(sampleShapeOf(graph.shapeOf(features)));
  const isFlat = graph.shapeOf(features).length === 2;
  const flat = isFlat ? features : graph.node("Reshape", [features, graph.integers([-1, width])]);
  const targets = graph.input("anchorTargets", graph.typeOf(flat), { kind: "anchorTargets" });
  const factor = graph.input("anchorFactor", { shape: [1], dataType: "float32" }, { kind: "anchorFactor" });
  const difference = graph.node("Sub", [flat, targets]);
  const scaled = graph.node("Mul", [difference, factor]);
  return {
    losses: sumRows(graph.node("Mul", [scaled, difference]), graph),
    seed: { value: flat, gradient: graph.node("Add", [scaled, scaled]) },
  };
}
