import { elementAt } from "../../core/element_at.ts";
import { int } from "../file/onnx_model.ts";
import type { ValueName } from "../graph.ts";
import type { GraphBuilder } from "../graph_builder.ts";
import { type CellScan, type ImportedCell, type Projection, splitColumns } from "./recurrent_cell.ts";

type Project = (projection: Projection) => ValueName;

/** RNN-14: h ← f(x + h · R). */
export function makeRnnStep(cell: ImportedCell, project: Project, graph: GraphBuilder): CellScan {
  const { kernel, recurrent, activations } = cell;
  return {
    sequence: project({ kernel, bias: sumBiases(cell, graph) }),
    captures: [recurrent],
    next: ({ states: [h = ""], element, save }, body) => {
      return [elementAt(activations, 0)(save(body.node("Gemm", [h, recurrent, element])), body)];
    },
  };
}

/** LSTM-14: i, o, f, g = x + h · R, c ← σ(f) · c + σ(i) · φ(g), h ← σ(o) · ψ(c). */
export function makeLstmStep(cell: ImportedCell, project: Project, graph: GraphBuilder): CellScan {
  const { kernel, recurrent, activations, units } = cell;
  const [openGate, activate, finish] = [
    elementAt(activations, 0),
    elementAt(activations, 1),
    elementAt(activations, 2),
  ];
  return {
    sequence: project({ kernel, bias: sumBiases(cell, graph) }),
    captures: [recurrent],
    next: ({ states: [h = "", c = ""], element, save }, body) => {
      const sum = save(body.node("Gemm", [h, recurrent, element]));
      const [forGates = "", g = ""] = splitColumns(sum, [3 * units, units], body);
      const [i = "", o = "", f = ""] = splitColumns(openGate(forGates, body), [units, units, units], body);
      const kept = body.node("Mul", [f, c]);
      const memory = body.node("Add", [kept, body.node("Mul", [i, activate(g, body)])]);
      return [body.node("Mul", [o, finish(memory, body)]), memory];
    },
  };
}

/**
 * GRU-14: z, r = σ(x + h · R), g = φ(x + (r · h) · Q), or φ(x + r · (h · Q + q)) where it resets after the product, h ←
 * z · h + (1 − z) · g. The bias q comes as columns of the sequence: a Scan's steps know matrices of the graph around
 * them, and nothing else of it that is trained.
 */
export function makeGruStep(cell: ImportedCell, project: Project, graph: GraphBuilder): CellScan {
  const { units, recurrent, activations, resetsAfter } = cell;
  const [openGate, activate] = [elementAt(activations, 0), elementAt(activations, 1)];
  const [forGates = "", forCandidate = ""] = splitColumns(recurrent, [2 * units, units], graph);
  const lengths = resetsAfter ? [2 * units, units, units] : [2 * units, units];
  return {
    sequence: project(
      resetsAfter ? addResetColumns(cell, graph) : { kernel: cell.kernel, bias: sumBiases(cell, graph) },
    ),
    captures: [forGates, forCandidate],
    next: ({ states: [h = ""], element, save }, body) => {
      const [gates = "", candidate = "", q = ""] = splitColumns(element, lengths, body);
      const opened = openGate(save(body.node("Gemm", [h, forGates, gates])), body);
      const [z = "", r = ""] = splitColumns(opened, [units, units], body);
      const sum = resetsAfter
        ? body.node("Add", [candidate, body.node("Mul", [r, save(body.node("Gemm", [h, forCandidate, q]))])])
        : save(body.node("Gemm", [body.node("Mul", [r, h]), forCandidate, candidate]));
      const g = activate(sum, body);
      const rest = body.node("Sub", [body.constant(1), z]);
      return [body.node("Add", [body.node("Mul", [z, h]), body.node("Mul", [rest, g])])];
    },
  };
}

/** Both biases in one. */
function sumBiases({ bias, kernel }: ImportedCell, graph: GraphBuilder): ValueName {
  const width = Number(elementAt(graph.shapeOf(kernel), 1));
  return graph.node("Add", [...splitColumns(bias, [width, width], graph)]);
}

/** Columns for the gates, with both biases, for the candidate, with the sequence's, and the state's bias by itself. */
function addResetColumns({ bias, kernel, units }: ImportedCell, graph: GraphBuilder): Projection {
  const [features = 0] = graph.shapeOf(kernel).map(Number);
  const [first = "", ofCandidate = "", second = "", ofReset = ""] = splitColumns(
    bias,
    [2 * units, units, 2 * units, units],
    graph,
  );
  const zeros = graph.constant(new Array<number>(features * units).fill(0), [features, units]);
  return {
    kernel: graph.node("Concat", [kernel, zeros], { axis: int(1) }),
    bias: graph.node("Concat", [graph.node("Add", [first, second]), ofCandidate, ofReset], { axis: int(0) }),
  };
}
