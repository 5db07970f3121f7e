import { int } from "../../file/onnx_model.ts";
import type { ValueName } from "../../graph.ts";
import type { GraphBuilder } from "../../graph_builder.ts";
import { scan } from "../../scan/scan.ts";
import { type CellInput, type CellParameters, type CellState, orderGates, stepCell } from "./recurrent_cells.ts";
import type { RecurrentCell } from "./recurrent_spec.ts";

/** What a cell gives. */
export interface CellOutputs {
  /** After the last step [N, units]. */
  readonly last: ValueName;
  /** After every step [T, N, units]; asked for only where it is used. */
  readonly stack: () => ValueName;
}

/** What a cell goes through. */
export interface CellSequence {
  /** [T, N, F] */
  readonly sequence: ValueName;
  /** 1 for the steps that count, 0 for those at which the cell keeps its state [T, N, 1]. Default: all count. */
  readonly isSeen?: ValueName;
  /** Whether outputs of later steps stand before those of earlier ones. */
  readonly stacksFromEnd: boolean;
}

/** A cell over a sequence. The first step has no state and stands by itself; the others are one Scan. */
export function runCell(
  cell: RecurrentCell,
  { sequence, isSeen, stacksFromEnd }: CellSequence,
  graph: GraphBuilder,
): CellOutputs {
  const projected = projectInputs(cell, sequence, graph);
  // The mask goes along as a last column: steps are given one sequence.
  const elements = isSeen === undefined ? projected : graph.node("Concat", [projected, isSeen], { axis: int(2) });
  const { first, others } = splitFirst(elements, cell.goesBackwards, graph);
  const parameters = splitRecurrentKernel(cell, graph);
  const step = isSeen === undefined ? stepCell : stepSeen;
  const start = step(cell, { projected: first, parameters }, graph);
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
        return listState(step(cell, { projected: element, state, parameters, save }, body));
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

/** x · kernel + bias for all times by one Gemm: [T, N, gates · units], and further columns where a GRU resets after. */
function projectInputs(cell: RecurrentCell, sequence: ValueName, graph: GraphBuilder): ValueName {
  const [steps = 0, , features = 0] = graph.shapeOf(sequence).map(Number);
  const rows = graph.node("Reshape", [sequence, graph.integers([-1, features])]);
  const { kernel, bias } = cell.resetsAfter ? addResetColumns(cell, graph) : readInputSide(cell, graph);
  const projected =
    bias === undefined ? graph.node("MatMul", [rows, kernel]) : graph.node("Gemm", [rows, kernel, bias]);
  const width = Number(graph.shapeOf(kernel)[1]);
  return graph.node("Reshape", [projected, graph.integers([steps, -1, width])]);
}

/** What a sequence is multiplied by [F, width], and what is added [width]. */
interface InputSide {
  readonly kernel: ValueName;
  readonly bias: ValueName | undefined;
}

function readInputSide(cell: RecurrentCell, graph: GraphBuilder): InputSide {
  return {
    kernel: orderGates(cell, "kernel", graph),
    bias: cell.useBias ? orderGates(cell, "bias", graph) : undefined,
  };
}

/**
 * Columns for the gates, with both biases, for the candidate, with the sequence's, and the state's bias by itself:
 * steps know matrices of the graph around them, and nothing else of it that is trained.
 */
function addResetColumns(cell: RecurrentCell, graph: GraphBuilder): InputSide {
  const { units } = cell;
  const kernel = orderGates(cell, "kernel", graph);
  const [features = 0] = graph.shapeOf(kernel).map(Number);
  const zeros = graph.constant(new Array<number>(features * units).fill(0), [features, units]);
  const widened = graph.node("Concat", [kernel, zeros], { axis: int(1) });
  if (!cell.useBias) return { kernel: widened, bias: undefined };
  const flat = graph.node("Reshape", [orderGates(cell, "bias", graph), graph.integers([6 * units])]);
  const lengths = graph.integers([2 * units, units, 2 * units, units]);
  const [first = "", ofCandidate = "", second = "", ofReset = ""] = graph.manyOutputs("Split", [flat, lengths], {
    axis: int(0),
  });
  const bias = graph.node("Concat", [graph.node("Add", [first, second]), ofCandidate, ofReset], { axis: int(0) });
  return { kernel: widened, bias };
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

/** One step of which the last column says whether it counts: the state stays, zeros at first, where it does not. */
function stepSeen(cell: RecurrentCell, { projected, ...input }: CellInput, graph: GraphBuilder): CellState {
  const width = Number(graph.shapeOf(projected)[1]) - 1;
  const [values = "", isSeen = ""] = graph.manyOutputs("Split", [projected, graph.integers([width, 1])], {
    axis: int(1),
  });
  const { output, memory } = stepCell(cell, { ...input, projected: values }, graph);
  const hold = (next: ValueName, old: ValueName | undefined) => {
    const taken = graph.node("Mul", [next, isSeen]);
    if (old === undefined) return taken;
    const rest = graph.node("Sub", [graph.constant(1), isSeen]);
    return graph.node("Add", [taken, graph.node("Mul", [old, rest])]);
  };
  const held = hold(output, input.state?.output);
  return memory === undefined ? { output: held } : { output: held, memory: hold(memory, input.state?.memory) };
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
