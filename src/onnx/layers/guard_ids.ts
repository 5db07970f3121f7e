import { int } from "../file/onnx_model.ts";
import type { ValueName } from "../graph.ts";
import type { GraphBuilder } from "../graph_builder.ts";

/** ONNX's numbers for types of elements. */
const FLOAT32 = 1;
const INT64 = 7;

/**
 * Ids of float32 as int64, for Gather-13 from a table of `size` rows. Gather counts a negative id from the table's end;
 * here it becomes `size`, which onnxruntime refuses, as it refuses larger ones. Engines check ids before a call, so
 * that exported files alone need it.
 */
export function guardIds(ids: ValueName, size: number, graph: GraphBuilder): ValueName {
  const isNegative = graph.node("Greater", [graph.constant(0), ids]);
  return graph.node("Cast", [graph.node("Where", [isNegative, graph.constant(size), ids])], { to: int(INT64) });
}

/** The same of labels of int64. */
export function guardLabels(labels: ValueName, size: number, graph: GraphBuilder): ValueName {
  return guardIds(graph.node("Cast", [labels], { to: int(FLOAT32) }), size, graph);
}
