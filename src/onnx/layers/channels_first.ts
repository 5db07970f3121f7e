import { ints } from "../file/onnx_model.ts";
import type { ValueName } from "../graph.ts";
import type { GraphBuilder } from "../graph_builder.ts";

/** [N, …, C], as TF.js has it, to [N, C, …], as ONNX's convolutions and pools want it. */
export function putChannelsFirst(x: ValueName, graph: GraphBuilder): ValueName {
  const rank = graph.shapeOf(x).length;
  return graph.node("Transpose", [x], { perm: ints([0, rank - 1, ...countFrom(1, rank - 2)]) });
}

/** [N, C, …] to [N, …, C]. */
export function putChannelsLast(x: ValueName, graph: GraphBuilder): ValueName {
  const rank = graph.shapeOf(x).length;
  return graph.node("Transpose", [x], { perm: ints([0, ...countFrom(2, rank - 2), 1]) });
}

/** True where [N, …, C] lies in memory as [N, C, …], so that work on that order costs no transpose. */
export function hasChannelsFirst(x: ValueName, graph: GraphBuilder): boolean {
  const order = graph.transposedBy(x)?.order;
  return (
    order !== undefined &&
    order.length > 2 &&
    order.every((axis, i) => axis === (i === 0 ? 0 : i < order.length - 1 ? i + 1 : 1))
  );
}

/** start, start + 1, … */
function countFrom(start: number, count: number): number[] {
  return Array.from({ length: count }, (_, i) => start + i);
}
