import { int } from "./file/onnx_model.ts";
import type { ValueName } from "./graph.ts";
import type { GraphBuilder } from "./graph_builder.ts";
import { addFlushedExponential } from "./ops/flushed_exponential.ts";

/** What every objective is made of: outputs and targets [N, C], weights [N, 1]. */
export interface ObjectiveInputs {
  readonly outputs: ValueName;
  readonly targets: ValueName;
  readonly weights: ValueName;
}

/** The values an objective adds to a graph. */
export interface ObjectiveValues {
  /** Unweighted, one a row [N]. */
  readonly losses: ValueName;
  /** The gradient of Σ weights · losses with respect to the outputs [N, C]. */
  readonly dOutputs: ValueName;
}

/** A loss of each output by itself [N, C]. */
export interface ElementLosses {
  readonly terms: ValueName;
  /** The derivatives of the terms, but for `factor`. */
  readonly slopes: ValueName;
  readonly factor: number;
}

/** 1 − p has no smaller value but 0 in float32, where p is a probability near 1. */
const SMALLEST_DOUBT = 2 ** -24;

/**
 * losses = −Σ t · (1 − p)^γ · ln p with p = softmax(z). With a = t · ((1 − p)^γ − γ (1 − p)^(γ−1) p ln p), dz = weights
 * · (p Σ a − a).
 */
export function addFocal({ outputs, targets, weights }: ObjectiveInputs, graph: GraphBuilder): ObjectiveValues {
  const gamma = addConstant(graph);
  const logProbabilities = graph.node("LogSoftmax", [outputs], { axis: int(1) });
  const p = addFlushedExponential(logProbabilities, graph);
  const doubt = graph.node("Max", [graph.node("Sub", [graph.constant(1), p]), graph.constant(SMALLEST_DOUBT)]);
  const weighted = graph.node("Mul", [targets, graph.node("Pow", [doubt, gamma])]);
  const ratio = graph.node("Div", [graph.node("Mul", [p, logProbabilities]), doubt]);
  const slope = graph.node("Sub", [graph.constant(1), graph.node("Mul", [gamma, ratio])]);
  const a = graph.node("Mul", [weighted, slope]);
  const sum = graph.node("ReduceSum", [a, graph.integers([1])], { keepdims: int(1) });
  const error = graph.node("Sub", [graph.node("Mul", [p, sum]), a]);
  return {
    losses: graph.node("Neg", [sumRows(graph.node("Mul", [weighted, logProbabilities]), graph)]),
    dOutputs: graph.node("Mul", [error, weights]),
  };
}

/**
 * t · f(z) + (1 − t) · f(−z) with f(u) = σ(−u)^γ · ln(1 + e⁻ᵘ). Its derivative is f′(u) = −σ(−u)^γ · (γ σ(u) ·
 * ln(1 + e⁻ᵘ) + σ(−u)).
 */
export function addBinaryFocal({ outputs, targets }: ObjectiveInputs, graph: GraphBuilder): ElementLosses {
  const gamma = addConstant(graph);
  const side = (u: ValueName) => {
    const opposite = graph.node("Neg", [u]);
    // σ(−u)^γ = e^(−γ ln(1 + eᵘ)) keeps its digits, however large u is.
    const exponent = graph.node("Neg", [graph.node("Mul", [gamma, graph.node("Softplus", [u])])]);
    const power = addFlushedExponential(exponent, graph);
    const entropy = graph.node("Softplus", [opposite]);
    const drag = graph.node("Mul", [gamma, graph.node("Mul", [graph.node("Sigmoid", [u]), entropy])]);
    const steepness = graph.node("Add", [drag, graph.node("Sigmoid", [opposite])]);
    return { value: graph.node("Mul", [power, entropy]), descent: graph.node("Mul", [power, steepness]) };
  };
  const [yes, no] = [side(outputs), side(graph.node("Neg", [outputs]))];
  const negative = graph.node("Sub", [graph.constant(1), targets]);
  const mix = (ofYes: ValueName, ofNo: ValueName): readonly [ValueName, ValueName] => [
    graph.node("Mul", [targets, ofYes]),
    graph.node("Mul", [negative, ofNo]),
  ];
  return {
    terms: graph.node("Add", mix(yes.value, no.value)),
    slopes: graph.node("Neg", [graph.node("Sub", mix(yes.descent, no.descent))]),
    factor: 1,
  };
}

/** With d = z − t and c = d held between −δ and δ: c · (d − c/2), whose derivative is c. */
export function addHuber({ outputs, targets }: ObjectiveInputs, graph: GraphBuilder): ElementLosses {
  const delta = addConstant(graph);
  const error = graph.node("Sub", [outputs, targets]);
  const held = graph.node("Min", [graph.node("Max", [error, graph.node("Neg", [delta])]), delta]);
  const half = graph.node("Mul", [held, graph.constant(0.5)]);
  return { terms: graph.node("Mul", [held, graph.node("Sub", [error, half])]), slopes: held, factor: 1 };
}

/** γ or δ: an input, so that another value needs no other graph. */
function addConstant(graph: GraphBuilder): ValueName {
  return graph.input("constant", { shape: [1], dataType: "float32" }, { kind: "constant" });
}

/** Σ over the columns, [N, C] to [N]: 5 µs for [128, 10], where a product with a constant vector took 28. */
export function sumRows(x: ValueName, graph: GraphBuilder): ValueName {
  return graph.node("ReduceSum", [x, graph.integers([1])], { keepdims: int(0) });
}
