import { needs, RangeRefusal } from "../../../core/errors/errors.ts";
import { int, ints } from "../../file/onnx_model.ts";
import type { ValueName } from "../../graph.ts";
import type { GraphBuilder } from "../../graph_builder.ts";
import { describeShape } from "../../shape.ts";
import type { Conversion } from "../layer_definition.ts";
import { spreadMask } from "../masking.ts";
import { exportCell } from "./export_cell.ts";
import type { BidirectionalSpec, RecurrentCell, RecurrentSpec } from "./recurrent_spec.ts";
import { type CellOutputs, runCell } from "./run_cell.ts";

/** A recurrent layer, [N, T, F] to [N, units] or [N, T, units]. */
export function convertRecurrent(
  layer: RecurrentSpec,
  inputs: readonly ValueName[],
  conversion: Conversion,
): ValueName {
  const { last, stack } = convertCell(layer, { inputs, stacksFromEnd: false }, conversion);
  return layer.returnsSequences ? batchFirst(stack(), conversion.graph) : last;
}

/**
 * Two directions over the same samples, merged: the second's outputs are put into the first's order. At times that do
 * not count both give zeros, as in Keras.
 */
export function convertBidirectional(
  layer: BidirectionalSpec,
  inputs: readonly ValueName[],
  conversion: Conversion,
): ValueName {
  const { graph, masks: [mask] = [] } = conversion;
  const [forward, backward] = [layer.forward, layer.backward].map((cell) => {
    const outputs = convertCell(cell, { inputs, stacksFromEnd: cell.goesBackwards }, conversion);
    if (!cell.returnsSequences) return outputs.last;
    const sequence = batchFirst(outputs.stack(), graph);
    return mask === undefined ? sequence : graph.node("Mul", [sequence, spreadMask(mask, sequence, graph)]);
  });
  return merge(layer, [forward ?? "", backward ?? ""], graph);
}

/**
 * As an operator of its own in files, where ONNX has it; as a Scan, which trains, otherwise, and where times are
 * passed over.
 */
function convertCell(
  cell: RecurrentCell,
  { inputs, stacksFromEnd }: { readonly inputs: readonly ValueName[]; readonly stacksFromEnd: boolean },
  { graph, isExport = false, masks: [mask] = [] }: Conversion,
): CellOutputs {
  const sequence = timeFirst(inputs, graph);
  if (mask !== undefined) {
    const isSeen = timeFirst([spreadMask(mask, inputs[0] ?? "", graph)], graph);
    return runCell(cell, { sequence, isSeen, stacksFromEnd }, graph);
  }
  // ONNX's operators put the outputs of a way from the end into the order of the sequence.
  const isInOrder = !cell.returnsSequences || cell.goesBackwards === stacksFromEnd;
  const exported = isExport && isInOrder ? exportCell(cell, sequence, graph) : undefined;
  return exported
    ? { last: exported.last, stack: () => exported.stack }
    : runCell(cell, { sequence, stacksFromEnd }, graph);
}

/** [N, T, F] to [T, N, F]. */
function timeFirst([x = "", ...states]: readonly ValueName[], graph: GraphBuilder): ValueName {
  if (states.length > 0) {
    throw new RangeRefusal(needs("the recurrent layer", "one input, the sequence", states.length + 1));
  }
  const shape = graph.shapeOf(x);
  if (shape.length !== 3)
    throw new RangeRefusal(needs("the recurrent layer", "an input [N, T, F]", describeShape(shape)));
  return graph.node("Transpose", [x], { perm: ints([1, 0, 2]) });
}

/** [T, N, units] to [N, T, units]. */
function batchFirst(sequence: ValueName, graph: GraphBuilder): ValueName {
  return graph.node("Transpose", [sequence], { perm: ints([1, 0, 2]) });
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
