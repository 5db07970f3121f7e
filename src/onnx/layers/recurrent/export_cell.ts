import { type Attributes, int, string, strings } from "../../file/onnx_model.ts";
import type { ValueName } from "../../graph.ts";
import type { GraphBuilder } from "../../graph_builder.ts";
import type { ActivationSpec } from "../activation.ts";
import { orderGates } from "./recurrent_cells.ts";
import type { RecurrentCell } from "./recurrent_spec.ts";

/** After every step, in the order of the sequence [T, N, units], and after the last one [N, units]. */
export interface OperatorOutputs {
  readonly stack: ValueName;
  readonly last: ValueName;
}

/**
 * A cell as ONNX's own LSTM-14, GRU-14 or RNN-14 over a sequence [T, N, F], which other programs know better than a
 * Scan and which is one node to them.
 * @returns Undefined where ONNX does not name one of its activations.
 */
export function exportCell(cell: RecurrentCell, sequence: ValueName, graph: GraphBuilder): OperatorOutputs | undefined {
  const [inner, gates] = [nameActivation(cell.activation), nameActivation(cell.recurrentActivation)];
  if (inner === undefined || gates === undefined) return undefined;
  const operands = [
    sequence,
    turn(orderForOperator(cell, "kernel", graph), graph),
    turn(orderForOperator(cell, "recurrent_kernel", graph), graph),
  ];
  if (cell.useBias) {
    const bias = orderForOperator(cell, "bias", graph);
    operands.push(cell.resetsAfter ? joinBiases(cell, bias, graph) : addRecurrentBias(bias, graph));
  }
  const attributes: Attributes = {
    hidden_size: int(cell.units),
    direction: string(cell.goesBackwards ? "reverse" : "forward"),
    activations: strings(listActivations(cell, { inner, gates })),
    ...(cell.resetsAfter ? { linear_before_reset: int(1) } : {}),
  };
  const [stack = "", last = ""] = graph.manyOutputs(nameOperator(cell), operands, attributes);
  const steps = Number(graph.shapeOf(stack)[0]);
  return {
    stack: graph.node("Reshape", [stack, graph.integers([steps, -1, cell.units])]),
    last: graph.node("Reshape", [last, graph.integers([-1, cell.units])]),
  };
}

function nameOperator({ cell }: RecurrentCell): "GRU" | "LSTM" | "RNN" {
  switch (cell) {
    case "simple":
      return "RNN";
    case "gru":
      return "GRU";
    case "lstm":
      return "LSTM";
  }
}

/** Of the gates, of the candidate and, for an LSTM, of its output. */
function listActivations(
  { cell }: RecurrentCell,
  { inner, gates }: { readonly inner: string; readonly gates: string },
): readonly string[] {
  switch (cell) {
    case "simple":
      return [inner];
    case "gru":
      return [gates, inner];
    case "lstm":
      return [gates, inner, inner];
  }
}

/** ONNX's name of an activation, with its constants as ONNX has them by default. */
function nameActivation(activation: ActivationSpec): string | undefined {
  switch (activation.kind) {
    case "tanh":
      return "Tanh";
    case "sigmoid":
      return "Sigmoid";
    case "hardSigmoid":
      return "HardSigmoid";
    case "softsign":
      return "Softsign";
    case "softplus":
      return "Softplus";
    case "relu":
      return activation.maxValue === undefined ? "Relu" : undefined;
    case "elu":
      return activation.alpha === 1 ? "Elu" : undefined;
    default:
      return undefined;
  }
}

/** [.., gates · units] with an LSTM's columns as i, o, f, g; a GRU's are as ONNX wants them: z, r, h. */
function orderForOperator(cell: RecurrentCell, name: string, graph: GraphBuilder): ValueName {
  const values = orderGates(cell, name, graph);
  if (cell.cell !== "lstm") return values;
  const axis = int(graph.shapeOf(values).length - 1);
  const lengths = graph.integers([cell.units, cell.units, cell.units, cell.units]);
  const [i = "", f = "", o = "", g = ""] = graph.manyOutputs("Split", [values, lengths], { axis });
  return graph.node("Concat", [i, o, f, g], { axis });
}

/** [in, out] to [1, out, in]: one direction. */
function turn(kernel: ValueName, graph: GraphBuilder): ValueName {
  const [from = 0, to = 0] = graph.shapeOf(kernel).map(Number);
  const turned = graph.node("Transpose", [kernel], { perm: { kind: "ints", value: [1, 0] } });
  return graph.node("Reshape", [turned, graph.integers([1, to, from])]);
}

/** [2, 3 · units] to [1, 6 · units]. */
function joinBiases({ units }: RecurrentCell, biases: ValueName, graph: GraphBuilder): ValueName {
  return graph.node("Reshape", [biases, graph.integers([1, 6 * units])]);
}

/** [out] to [1, 2 · out]: ONNX adds a second bias to the state's product. */
function addRecurrentBias(bias: ValueName, graph: GraphBuilder): ValueName {
  const [length = 0] = graph.shapeOf(bias).map(Number);
  const row = graph.node("Reshape", [bias, graph.integers([1, length])]);
  const zeros = graph.constant(new Array<number>(length).fill(0), [1, length]);
  return graph.node("Concat", [row, zeros], { axis: int(1) });
}
