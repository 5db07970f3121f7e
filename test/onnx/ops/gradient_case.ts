import type { ValueName } from "../../../src/onnx/graph.ts";
import type { GraphBuilder } from "../../../src/onnx/graph_builder.ts";
import type { Operator } from "../../../src/onnx/ops/operator.ts";

/** One use of an operator: what it is applied to, and how. */
export interface GradientCase {
  readonly name: string;
  readonly op: Operator;
  /** Shapes of the inputs that are differentiated. */
  readonly shapes: readonly (readonly number[])[];
  /** Adds the operator on the inputs. */
  add(graph: GraphBuilder, inputs: readonly ValueName[]): ValueName;
  /** Moves the drawn values, which lie between −2 and 2, into the operator's domain. */
  readonly shift?: number;
}
