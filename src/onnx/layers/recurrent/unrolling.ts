import { elementAt } from "../../../core/element_at.ts";
import { needs, RangeRefusal } from "../../../core/errors/errors.ts";
import { int } from "../../file/onnx_model.ts";
import type { ValueName } from "../../graph.ts";
import type { GraphBuilder } from "../../graph_builder.ts";
import { describeShape, sampleShapeOf } from "../../shape.ts";
import { type CellParameters, orderGates, stepCell } from "./recurrent_cells.ts";
import { type BidirectionalSpec, countGates, type RecurrentCell, type RecurrentSpec } from "./recurrent_spec.ts";

/** The time to load a graph grows with the square of its nodes: seconds for an LSTM over this many steps. */
const MAX_STEPS = 256;

/**
 * A recurrent layer, [N, T, F] to [N, units] or [N, T, units]: one product for the inputs of all times, then step by
 * step.
 */
export function convertRecurrent(layer: RecurrentSpec, inputs: readonly ValueName[], graph: GraphBuilder): ValueName {
  const outputs = unroll(layer, inputs, graph);
  return layer.returnsSequences ? stack(outputs, graph) : takeLast(outputs);
}

/** Two directions over the same samples, merged: the second's outputs are put into the first's order. */
export function convertBidirectional(
  layer: BidirectionalSpec,
  inputs: readonly ValueName[],
  graph: GraphBuilder,
): ValueName {
  const [forward, backward] = [unroll(layer.forward, inputs, graph), unroll(layer.backward, inputs, graph)];
  if (!layer.forward.returnsSequences) return merge(layer, [takeLast(forward), takeLast(backward)], graph);
  return merge(layer, [stack(forward, graph), stack(backward.toReversed(), graph)], graph);
}

/** The output [N, units] after every step, in the order of the steps. */
function unroll(cell: RecurrentCell, inputs: readonly ValueName[], graph: GraphBuilder): ValueName[] {
  const [x = "", ...states] = inputs;
  if (states.length > 0) throw new RangeRefusal(needs("the recurrent layer", "one input, the sequence", inputs.length));
  const times = projectInputs(cell, x, graph);
  if (cell.goesBackwards) times.reverse();
  const parameters = splitRecurrentKernel(cell, graph);
  let state: { readonly output: ValueName; readonly memory?: ValueName } | undefined;
  return times.map((projected) => {
    state = stepCell(cell, { projected, state, parameters }, graph);
    return state.output;
  });
}

/** x · kernel + bias for all times by one Gemm, then cut into times: T values [N, gates · units]. */
function projectInputs(cell: RecurrentCell, x: ValueName, graph: GraphBuilder): ValueName[] {
  const [steps, features, ...others] = sampleShapeOf(graph.shapeOf(x));
  if (steps === undefined || features === undefined || others.length > 0 || steps > MAX_STEPS) {
    const wanted = `an input [N, T, F] with T up to ${MAX_STEPS}`;
    throw new RangeRefusal(needs("the recurrent layer", wanted, describeShape(graph.shapeOf(x))));
  }
  const width = countGates(cell.cell) * cell.units;
  const rows = graph.node("Reshape", [x, graph.integers([-1, features])]);
  const kernel = orderGates(cell, "kernel", graph);
  const projected = cell.useBias
    ? graph.node("Gemm", [rows, kernel, orderGates(cell, "bias", graph)])
    : graph.node("MatMul", [rows, kernel]);
  const sequence = graph.node("Reshape", [projected, graph.integers([-1, steps, width])]);
  const lengths = graph.integers(new Array<number>(steps).fill(1));
  const parts = graph.manyOutputs("Split", [sequence, lengths], { axis: int(1) });
  return parts.map((part) => graph.node("Reshape", [part, graph.integers([-1, width])]));
}

/** A GRU's last gate has a product of its own. */
function splitRecurrentKernel(cell: RecurrentCell, graph: GraphBuilder): CellParameters {
  const { units } = cell;
  const kernel = orderGates(cell, "recurrent_kernel", graph);
  if (cell.cell !== "gru") return { kernel };
  const [gates = "", candidate = ""] = graph.manyOutputs("Split", [kernel, graph.integers([2 * units, units])], {
    axis: int(1),
  });
  return { kernel: gates, candidateKernel: candidate };
}

function takeLast(outputs: readonly ValueName[]): ValueName {
  return elementAt(outputs, outputs.length - 1);
}

/** T values [N, units] to [N, T, units]. */
function stack(outputs: readonly ValueName[], graph: GraphBuilder): ValueName {
  const width = Number(graph.shapeOf(elementAt(outputs, 0))[1]);
  const parts = outputs.map((output) => graph.node("Reshape", [output, graph.integers([-1, 1, width])]));
  return graph.node("Concat", parts, { axis: int(1) });
}

function merge({ merge: mode }: BidirectionalSpec, [a, b]: readonly [ValueName, ValueName], graph: GraphBuilder) {
  switch (mode) {
    case "concat":
      return graph.node("Concat", [a, b], { axis: int(graph.shapeOf(a).length - 1) });
    case "sum":
      return graph.node("Add", [a, b]);
    case "average":
      return graph.node("Mul", [graph.node("Add", [a, b]), graph.constant(0.5)]);
    case "multiply":
      return graph.node("Mul", [a, b]);
  }
}
