import { elementAt } from "../../core/element_at.ts";
import { int } from "../file/onnx_model.ts";
import type { ValueName } from "../graph.ts";
import type { GraphBuilder } from "../graph_builder.ts";
import type { ScanStep } from "../scan/scan_options.ts";

/** Of the gates, of the candidate and of the output, as far as a cell has them. */
export type GateActivations = readonly ((x: ValueName, graph: GraphBuilder) => ValueName)[];

/** One direction of a recurrent operator, its matrices turned: G gates of H units, side by side in ONNX's order. */
export interface ImportedCell {
  readonly units: number;
  /** [F, G · H] */
  readonly kernel: ValueName;
  /** [H, G · H] */
  readonly recurrent: ValueName;
  /** [2 · G · H]: of the sequence's product, then of the state's. */
  readonly bias: ValueName;
  readonly activations: GateActivations;
  /** Whether a GRU resets after its product. */
  readonly resetsAfter: boolean;
}

/** What a sequence is multiplied by, and what is added. */
export interface Projection {
  /** [F, W] */
  readonly kernel: ValueName;
  /** [W] */
  readonly bias: ValueName;
}

/** A cell as a Scan: what it reads [T, N, W], the matrices it uses, and its step. */
export interface CellScan {
  readonly sequence: ValueName;
  readonly captures: readonly ValueName[];
  readonly next: ScanStep;
}

/** Makes a cell's Scan; `project` multiplies the sequence. */
export type StepMaker = (
  cell: ImportedCell,
  project: (projection: Projection) => ValueName,
  graph: GraphBuilder,
) => CellScan;

/** x · kernel + bias for all times by one Gemm: [T, N, F] to [T, N, W]. */
export function projectSequence(sequence: ValueName, { kernel, bias }: Projection, graph: GraphBuilder): ValueName {
  const [steps = 0, , features = 0] = graph.shapeOf(sequence).map(Number);
  const rows = graph.node("Reshape", [sequence, graph.integers([-1, features])]);
  const width = Number(elementAt(graph.shapeOf(kernel), 1));
  return graph.node("Reshape", [graph.node("Gemm", [rows, kernel, bias]), graph.integers([steps, -1, width])]);
}

/** Parts of the last axis. */
export function splitColumns(x: ValueName, lengths: readonly number[], graph: GraphBuilder): readonly ValueName[] {
  return graph.manyOutputs("Split", [x, graph.integers(lengths)], { axis: int(graph.shapeOf(x).length - 1) });
}
