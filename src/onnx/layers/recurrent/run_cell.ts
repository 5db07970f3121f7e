import { int } from "../../file/onnx_model.ts";
import type { ValueName } from "../../graph.ts";
import type { GraphBuilder } from "../../graph_builder.ts";
import { scan } from "../../scan/scan.ts";
import { type CellParameters, type CellState, orderGates, stepCell } from "./recurrent_cells.ts";
import { countGates, type RecurrentCell } from "./recurrent_spec.ts";

/** What a cell gives. */
export interface CellOutputs {
  /** After the last step [N, units]. */
  readonly last: ValueName;
  /** After every step [T, N, units]; asked for only where it is used. */
  readonly stack: () => ValueName;
}

/**
 * A cell over a sequence [T, N, F]. The first step has no state and stands by itself; the others are one Scan.
 * @param order Whether outputs of later steps stand before those of earlier ones.
 */
export function runCell(
  cell: RecurrentCell,
  { sequence, stacksFromEnd }: { readonly sequence: ValueName; readonly stacksFromEnd: boolean },
  graph: GraphBuilder,
): CellOutputs {
  const { first, others } = splitFirst(projectInputs(cell, sequence, graph), cell.goesBackwards, graph);
  const parameters = splitRecurrentKernel(cell, graph);
  const start = stepCell(cell, { projected: first, parameters }, graph);
  const ofStart = () => graph.node("Reshape", [start.output, graph.integers([1, -1, cell.units])]);
  if (others === undefined) return { last: start.output, stack: ofStart };
  const { last, stack } = scan(
    {
      states: listState(start),
      sequence: others,
      captures: Object.values(parameters),
      fromEnd: cell.goesBackwards,
      stacksFromEnd,
      step({ states: [output = "", memory], element, save }, body) {
        const state = memory === undefined ? { output } : { output, memory };
        return listState(stepCell(cell, { projected: element, state, parameters, save }, body));
      },
    },
    graph,
  );
  const stackAll = () => {
    const parts = stacksFromEnd ? [stack, ofStart()] : [ofStart(), stack];
    return graph.node("Concat", parts, { axis: int(0) });
  };
  return { last, stack: stackAll };
}

/** x · kernel + bias for all times by one Gemm: [T, N, gates · units]. */
function projectInputs(cell: RecurrentCell, sequence: ValueName, graph: GraphBuilder): ValueName {
  const [steps = 0, , features = 0] = graph.shapeOf(sequence).map(Number);
  const width = countGates(cell.cell) * cell.units;
  const rows = graph.node("Reshape", [sequence, graph.integers([-1, features])]);
  const kernel = orderGates(cell, "kernel", graph);
  const projected = cell.useBias
    ? graph.node("Gemm", [rows, kernel, orderGates(cell, "bias", graph)])
    : graph.node("MatMul", [rows, kernel]);
  return graph.node("Reshape", [projected, graph.integers([steps, -1, width])]);
}

/** The first step's part [N, …] of a sequence [T, N, …], and the others' [T − 1, N, …] if there are any. */
function splitFirst(
  sequence: ValueName,
  fromEnd: boolean,
  graph: GraphBuilder,
): { readonly first: ValueName; readonly others: ValueName | undefined } {
  const [steps = 0, , width = 0] = graph.shapeOf(sequence).map(Number);
  const reshape = (part: ValueName) => graph.node("Reshape", [part, graph.integers([-1, width])]);
  if (steps === 1) return { first: reshape(sequence), others: undefined };
  const lengths = graph.integers(fromEnd ? [steps - 1, 1] : [1, steps - 1]);
  const [front = "", back = ""] = graph.manyOutputs("Split", [sequence, lengths], { axis: int(0) });
  return fromEnd ? { first: reshape(back), others: front } : { first: reshape(front), others: back };
}

function listState({ output, memory }: CellState): ValueName[] {
  return memory === undefined ? [output] : [output, memory];
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
