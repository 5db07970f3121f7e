import { countElements } from "../../../core/host_tensor.ts";
import type { ValueName } from "../../graph.ts";
import type { GraphBuilder } from "../../graph_builder.ts";
import type { ImportedNetwork, ImportedPart } from "../imported_network.ts";

/** The inputs of a file that has several, as parts of the rows x [N, D], by their names. */
export function cutParts({ parts = [] }: ImportedNetwork, x: ValueName, graph: GraphBuilder): Map<string, ValueName> {
  const cut = new Map<string, ValueName>();
  let start = 0;
  for (const part of parts) {
    const end = start + (part.fill === undefined ? countElements(part.shape) : 0);
    cut.set(part.name, part.fill === undefined ? cutOne(part, { x, start, end }, graph) : fillOne(part, x, graph));
    start = end;
  }
  return cut;
}

function cutOne(
  { shape }: ImportedPart,
  { x, start, end }: { readonly x: ValueName; readonly start: number; readonly end: number },
  graph: GraphBuilder,
): ValueName {
  const columns = graph.node("Slice", [x, graph.integers([start]), graph.integers([end]), graph.integers([1])]);
  return shape.length === 1 ? columns : graph.node("Reshape", [columns, graph.integers([-1, ...shape])]);
}

/** One number, as many times as there are rows: from a column of the rows, for their number. */
function fillOne({ shape, fill = 0 }: ImportedPart, x: ValueName, graph: GraphBuilder): ValueName {
  const bounds = [0, 1, 1].map((bound) => graph.integers([bound]));
  const number = graph.constant(fill);
  const column = graph.node("Clip", [graph.node("Slice", [x, ...bounds]), number, number]);
  const ofRows = graph.node("Reshape", [column, graph.integers([-1, ...shape.map(() => 1)])]);
  if (shape.length === 0) return ofRows;
  const zeros = graph.node("Expand", [graph.constant(0), graph.integers(shape)]);
  return graph.node("Add", [ofRows, zeros]);
}
