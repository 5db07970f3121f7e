import { int } from "./file/onnx_model.ts";
import type { ValueName } from "./graph.ts";
import type { GraphBuilder } from "./graph_builder.ts";
import {
  addBinaryFocal,
  addFocal,
  addHuber,
  type ElementLosses,
  type ObjectiveInputs,
  type ObjectiveValues,
  sumRows,
} from "./objectives_with_constant.ts";
import { addFlushedExponential } from "./ops/flushed_exponential.ts";

/** What a training graph minimises; the same words as the engine's objective. */
export type ObjectiveKind = "cross-entropy" | "binary-cross-entropy" | "mse" | "focal" | "binary-focal" | "huber";

/** Which objective a graph is built for. */
export interface ObjectiveSpec {
  readonly kind: ObjectiveKind;
  /** True asks for offsets of the logits [C] as one more input. */
  readonly hasClassMask?: boolean;
  /** True asks for a weight of each output's part of the loss [N, C] as one more input. */
  readonly hasElementWeights?: boolean;
}

/**
 * Adds targets [N, C], weights [N, 1] and, if asked for, a class mask [C], weights of elements [N, C] and the kind's
 * constant [1] as inputs, and the objective's loss and gradient for outputs [N, C]. What is added to the outputs leaves
 * their gradient as it is.
 */
export function addObjective(objective: ObjectiveSpec, logits: ValueName, graph: GraphBuilder): ObjectiveValues {
  const outputs = objective.hasClassMask ? addClassMask(logits, graph) : logits;
  const type = graph.typeOf(outputs);
  const targets = graph.input("targets", type, { kind: "targets" });
  const weights = graph.input("weights", { shape: ["N", 1], dataType: "float32" }, { kind: "weights" });
  const inputs = { outputs, targets, weights };
  switch (objective.kind) {
    case "cross-entropy":
      return addCrossEntropy(inputs, graph);
    case "focal":
      return addFocal(inputs, graph);
    case "binary-cross-entropy":
      return averageOutputs(addBinaryCrossEntropy(inputs, graph), inputs, { graph, objective });
    case "binary-focal":
      return averageOutputs(addBinaryFocal(inputs, graph), inputs, { graph, objective });
    case "mse":
      return averageOutputs(addSquaredError(inputs, graph), inputs, { graph, objective });
    case "huber":
      return averageOutputs(addHuber(inputs, graph), inputs, { graph, objective });
  }
}

/**
 * losses = −Σ t · ln softmax(z); dz = weights · (softmax(z) − t), for targets that sum to 1. A probability below 2⁻¹⁰⁰
 * is 0 in dz.
 */
function addCrossEntropy({ outputs, targets, weights }: ObjectiveInputs, graph: GraphBuilder): ObjectiveValues {
  const logProbabilities = graph.node("LogSoftmax", [outputs], { axis: int(1) });
  const chosen = graph.node("Mul", [targets, logProbabilities]);
  const error = graph.node("Sub", [addFlushedExponential(logProbabilities, graph), targets]);
  return {
    losses: graph.node("Neg", [sumRows(chosen, graph)]),
    dOutputs: graph.node("Mul", [error, weights]),
  };
}

function addClassMask(logits: ValueName, graph: GraphBuilder): ValueName {
  const shape = graph.shapeOf(logits).slice(1);
  return graph.node("Add", [logits, graph.input("classMask", { shape, dataType: "float32" }, { kind: "classMask" })]);
}

/** ln(1 + eᶻ) − t·z, with the slope σ(z) − t. Softplus is exact where eᶻ would overflow. */
function addBinaryCrossEntropy({ outputs, targets }: ObjectiveInputs, graph: GraphBuilder): ElementLosses {
  return {
    terms: graph.node("Sub", [graph.node("Softplus", [outputs]), graph.node("Mul", [targets, outputs])]),
    slopes: graph.node("Sub", [graph.node("Sigmoid", [outputs]), targets]),
    factor: 1,
  };
}

/** (z − t)², with the slope 2(z − t). */
function addSquaredError({ outputs, targets }: ObjectiveInputs, graph: GraphBuilder): ElementLosses {
  const error = graph.node("Sub", [outputs, targets]);
  return { terms: graph.node("Mul", [error, error]), slopes: error, factor: 2 };
}

/** losses = the mean of the terms over C; dz = weights · factor · slopes / C. */
function averageOutputs(
  { terms, slopes, factor }: ElementLosses,
  { outputs, weights }: ObjectiveInputs,
  { graph, objective }: { readonly graph: GraphBuilder; readonly objective: ObjectiveSpec },
): ObjectiveValues {
  const count = Number(graph.shapeOf(outputs)[1]);
  const weigh = (values: ValueName) => {
    if (!objective.hasElementWeights) return values;
    const own = graph.input("elementWeights", graph.typeOf(outputs), { kind: "elementWeights" });
    return graph.node("Mul", [values, own]);
  };
  const scaled = graph.node("Mul", [weigh(slopes), graph.constant(factor / count)]);
  return {
    losses: graph.node("Mul", [sumRows(weigh(terms), graph), graph.constant(1 / count)]),
    dOutputs: graph.node("Mul", [scaled, weights]),
  };
}
