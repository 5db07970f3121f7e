import { needs, RangeRefusal } from "../../core/errors/errors.ts";
import type { ValueType } from "../file/onnx_model.ts";
import { dimensionAt, float32, type NodeOperands, readGraph, readInt, shapeAt } from "./operands.ts";
import type { OperatorDefinition, OperatorFamily } from "./operator_definition.ts";

/** GRU-14, LSTM-14, RNN-14 in one direction: X [T, N, F] to Y [T, 1, N, units] and Y_h [1, N, units]. */
const recurrence: OperatorDefinition = {
  infer: (node) => {
    const sequence = shapeAt(node, 0);
    if (sequence.length !== 3)
      throw new RangeRefusal(needs("the recurrent operator", "a sequence [T, N, F]", sequence));
    const [steps, rows] = [dimensionAt(sequence, 0), dimensionAt(sequence, 1)];
    const units = readInt(node.attributes, "hidden_size", 0);
    return [float32([steps, 1, rows, units]), float32([1, rows, units])];
  },
  gradient: undefined,
};

/** Operators that go through a sequence step by step. */
export const recurrentOperators = {
  GRU: recurrence,
  LSTM: recurrence,
  RNN: recurrence,
  /**
   * Scan-16: states and sequences [T, …] to the last states and to sequences of what its body gives at every step. Who
   * makes one says how it is differentiated (`scan`).
   */
  Scan: { infer: inferScan, gradient: undefined },
} satisfies OperatorFamily;

function inferScan(node: NodeOperands): readonly ValueType[] {
  const { inputs, outputs } = readGraph(node.attributes, "body");
  if (inputs.length !== node.operands.length) {
    throw new RangeRefusal(needs("Scan", `${inputs.length} inputs, as its body`, node.operands.length));
  }
  const states = inputs.length - readInt(node.attributes, "num_scan_inputs", 0);
  const steps = dimensionAt(shapeAt(node, states), 0);
  return outputs.map(({ shape, dataType }, i) => ({ dataType, shape: i < states ? shape : [steps, ...shape] }));
}
