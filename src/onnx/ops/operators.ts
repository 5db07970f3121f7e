import { describeCause, RangeRefusal } from "../../core/errors/errors.ts";
import type { ValueType } from "../file/onnx_model.ts";
import { describeShape } from "../shape.ts";
import { activationOperators } from "./activations.ts";
import { arrangementOperators } from "./arrangement.ts";
import { convolutionOperators } from "./convolutions.ts";
import { elementwiseOperators } from "./elementwise.ts";
import { indexingOperators } from "./indexing.ts";
import { matrixOperators } from "./matrices.ts";
import { normalizationOperators } from "./normalization.ts";
import type { NodeOperands } from "./operands.ts";
import type { Operator } from "./operator.ts";
import type { OperatorDefinition } from "./operator_definition.ts";
import { recurrentOperators } from "./recurrent.ts";
import { reductionOperators } from "./reductions.ts";
import { windowOperators } from "./windows.ts";

/** Every operator's definition: one that is missing does not compile. */
export const DEFINITIONS: Readonly<Record<Operator, OperatorDefinition>> = {
  ...activationOperators,
  ...arrangementOperators,
  ...convolutionOperators,
  ...elementwiseOperators,
  ...indexingOperators,
  ...matrixOperators,
  ...normalizationOperators,
  ...recurrentOperators,
  ...reductionOperators,
  ...windowOperators,
};

/** The types of a node's outputs. @throws {RangeError} If its inputs do not fit together. */
export function inferTypes(op: Operator, node: NodeOperands): readonly ValueType[] {
  try {
    return DEFINITIONS[op].infer(node);
  } catch (cause) {
    const shapes = node.operands.map((operand) => (operand ? describeShape(operand.shape) : "nothing")).join(", ");
    throw new RangeRefusal(`Cannot add ${op} on ${shapes} to the graph: ${describeCause(cause)}`, { cause });
  }
}
