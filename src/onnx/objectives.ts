import { int } from "./file/onnx_model.ts";
import type { ValueName } from "./graph.ts";
import type { GraphBuilder } from "./graph_builder.ts";
import { addFlushedExponential } from "./ops/flushed_exponential.ts";

/** What a training graph minimises; the same words as the engine's objective. */
export type ObjectiveKind = "cross-entropy" | "binary-cross-entropy" | "mse";

/** Which objective a graph is built for. */
export interface ObjectiveSpec {
  readonly kind: ObjectiveKind;
  /** True asks for offsets of the logits [C] as one more input. */
  readonly hasClassMask?: boolean;
}

/** The values an objective adds to a graph. */
export interface ObjectiveValues {
  /** Unweighted, one a row [N]. */
  readonly losses: ValueName;
  /** The gradient of Σ weights · losses with respect to the outputs [N, C]. */
  readonly dOutputs: ValueName;
}

/**
 * Adds targets [N, C], weights [N, 1] and, if asked for, a class mask [C] as inputs, and the objective's loss and
 * gradient for outputs [N, C]. What is added to the outputs leaves their gradient as it is.
 */
export function addObjective(objective: ObjectiveSpec, logits: ValueName, graph: GraphBuilder): ObjectiveValues {
  const outputs = objective.hasClassMask ? addClassMask(logits, graph) : logits;
  const type = graph.typeOf(outputs);
  const targets = graph.input("targets", type, { kind: "targets" });
  const weights = graph.input("weights", { shape: ["N", 1], dataType: "float32" }, { kind: "weights" });
  switch (objective.kind) {
    case "cross-entropy":
      return addCrossEntropy({ outputs, targets, weights }, graph);
    case "binary-cross-entropy":
      return addBinaryCrossEntropy({ outputs, targets, weights }, graph);
    case "mse":
      return addMeanSquaredError({ outputs, targets, weights }, graph);
  }
}

interface ObjectiveInputs {
  readonly outputs: ValueName;
  readonly targets: ValueName;
  readonly weights: ValueName;
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

/** losses = Σ (ln(1 + eᶻ) − t·z) / C; dz = weights · (σ(z) − t) / C. Softplus is exact where eᶻ would overflow. */
function addBinaryCrossEntropy({ outputs, targets, weights }: ObjectiveInputs, graph: GraphBuilder): ObjectiveValues {
  const share = graph.constant(1 / Number(graph.shapeOf(outputs)[1]));
  const terms = graph.node("Sub", [graph.node("Softplus", [outputs]), graph.node("Mul", [targets, outputs])]);
  const error = graph.node("Sub", [graph.node("Sigmoid", [outputs]), targets]);
  return {
    losses: graph.node("Mul", [sumRows(terms, graph), share]),
    dOutputs: graph.node("Mul", [graph.node("Mul", [error, share]), weights]),
  };
}

/** losses = Σ (z − t)² / C; dz = weights · 2(z − t) / C. */
function addMeanSquaredError({ outputs, targets, weights }: ObjectiveInputs, graph: GraphBuilder): ObjectiveValues {
  const error = graph.node("Sub", [outputs, targets]);
  const count = Number(graph.shapeOf(outputs)[1]);
  const scaled = graph.node("Mul", [error, graph.constant(2 / count)]);
  return {
    losses: graph.node("Mul", [sumRows(graph.node("Mul", [error, error]), graph), graph.constant(1 / count)]),
    dOutputs: graph.node("Mul", [scaled, weights]),
  };
}

/** Σ over the columns, [N, C] to [N]: 5 µs for [128, 10], where a product with a constant vector took 28. */
function sumRows(x: ValueName, graph: GraphBuilder): ValueName {
  return graph.node("ReduceSum", [x, graph.integers([1])], { keepdims: int(0) });
}
