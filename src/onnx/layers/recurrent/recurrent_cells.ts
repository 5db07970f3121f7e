import { int } from "../../file/onnx_model.ts";
import type { ValueName } from "../../graph.ts";
import type { GraphBuilder } from "../../graph_builder.ts";
import { type ActivationSpec, applyActivation } from "../activation.ts";
import type { RecurrentCell } from "./recurrent_spec.ts";

/** What a cell multiplies its state by. */
export interface CellParameters {
  /** U [units, gates · units]; without the last gate for a GRU. */
  readonly kernel: ValueName;
  /** The last gate's part of it [units, units]: a GRU's alone. */
  readonly candidateKernel?: ValueName;
}

/** What a cell hands on to the next time: h [N, units], and an LSTM's c [N, units]. */
export interface CellState {
  readonly output: ValueName;
  readonly memory?: ValueName;
}

/**
 * One time: x · kernel + bias [N, gates · units], and what the time before has left; nothing at first, which means
 * zeros.
 */
export interface CellInput {
  readonly projected: ValueName;
  readonly state?: CellState;
  readonly parameters: CellParameters;
  /** Keeps a value for the way back; what it gives stands for the value. Default: nothing is kept. */
  readonly save?: (value: ValueName) => ValueName;
}

/** One time step of a cell. */
export function stepCell(cell: RecurrentCell, input: CellInput, graph: GraphBuilder): CellState {
  switch (cell.cell) {
    case "simple":
      return { output: applyActivation(cell.activation, addState(input.projected, input, graph), graph) };
    case "gru":
      return stepGru(cell, input, graph);
    case "lstm":
      return stepLstm(cell, input, graph);
  }
}

/**
 * z, r = σ(x + h · U), h′ = φ(x + (r · h) · V), h ← z · h + (1 − z) · h′; where it resets after the product, h′ = φ(x +
 * r · (h · V + c)), c the last columns of what is projected.
 * @see Cho et al. 2014, Learning Phrase Representations, arXiv:1406.1078
 */
function stepGru(cell: RecurrentCell, input: CellInput, graph: GraphBuilder): CellState {
  const { units, activation, recurrentActivation } = cell;
  const { state, parameters, projected } = input;
  const lengths = cell.resetsAfter ? [2 * units, units, units] : [2 * units, units];
  const [forGates = "", forCandidate = "", forReset = ""] = split(projected, lengths, graph);
  const [update = "", reset = ""] = openGates(
    recurrentActivation,
    addState(forGates, input, graph),
    [units, units],
    graph,
  );
  const rest = graph.node("Sub", [graph.constant(1), update]);
  const multiply = (value: ValueName, added: ValueName) => {
    const product = graph.node("Gemm", [value, parameters.candidateKernel ?? "", added]);
    return input.save?.(product) ?? product;
  };
  const recall = () => {
    if (!cell.resetsAfter)
      return state ? multiply(graph.node("Mul", [reset, state.output]), forCandidate) : forCandidate;
    const recalled = state ? multiply(state.output, forReset) : forReset;
    return graph.node("Add", [forCandidate, graph.node("Mul", [reset, recalled])]);
  };
  const candidate = applyActivation(activation, recall(), graph);
  if (!state) return { output: graph.node("Mul", [rest, candidate]) };
  const kept = graph.node("Mul", [update, state.output]);
  return { output: graph.node("Add", [kept, graph.node("Mul", [rest, candidate])]) };
}

/**
 * i, f, o, g = x + h · U, c ← σ(f) · c + σ(i) · φ(g), h ← σ(o) · φ(c). The columns come in that order, not in that of
 * the parameters, so that one activation does for three gates: with an activation a gate the graph has a third more
 * nodes.
 * @see Hochreiter and Schmidhuber 1997, Long Short-Term Memory, Neural Computation 9(8)
 */
function stepLstm(cell: RecurrentCell, input: CellInput, graph: GraphBuilder): CellState {
  const { units, activation, recurrentActivation } = cell;
  const [forGates = "", g = ""] = split(addState(input.projected, input, graph), [3 * units, units], graph);
  const [i = "", f = "", o = ""] = openGates(recurrentActivation, forGates, [units, units, units], graph);
  let memory = graph.node("Mul", [i, applyActivation(activation, g, graph)]);
  const old = input.state?.memory;
  if (old !== undefined) memory = graph.node("Add", [graph.node("Mul", [f, old]), memory]);
  return { output: graph.node("Mul", [o, applyActivation(activation, memory, graph)]), memory };
}

/** A tensor of the parameters [.., gates · units] with its columns in the order that the cell's step wants. */
export function orderGates(cell: RecurrentCell, name: string, graph: GraphBuilder): ValueName {
  const values = graph.parameter(`${cell.layer}/${name}`);
  if (cell.cell !== "lstm") return values;
  const axis = graph.shapeOf(values).length - 1;
  const lengths = graph.integers([2 * cell.units, cell.units, cell.units]);
  const [inputAndForget = "", candidate = "", output = ""] = graph.manyOutputs("Split", [values, lengths], {
    axis: int(axis),
  });
  return graph.node("Concat", [inputAndForget, output, candidate], { axis: int(axis) });
}

/** projected + h · U, by one Gemm. */
function addState(projected: ValueName, { state, parameters, save }: CellInput, graph: GraphBuilder): ValueName {
  if (!state) return projected;
  const sum = graph.node("Gemm", [state.output, parameters.kernel, projected]);
  return save?.(sum) ?? sum;
}

/**
 * The activation of gates that lie side by side: of all at once where it looks at single values, else of each by
 * itself.
 */
function openGates(
  activation: ActivationSpec,
  gates: ValueName,
  lengths: readonly number[],
  graph: GraphBuilder,
): readonly ValueName[] {
  if (activation.kind === "softmax" || activation.kind === "logSoftmax") {
    return split(gates, lengths, graph).map((gate) => applyActivation(activation, gate, graph));
  }
  return split(applyActivation(activation, gates, graph), lengths, graph);
}

function split(x: ValueName, lengths: readonly number[], graph: GraphBuilder): readonly ValueName[] {
  return graph.manyOutputs("Split", [x, graph.integers(lengths)], { axis: int(1) });
}
