import type { ParameterEntry } from "../core/parameter_layout.ts";
import type { BlockedOperator } from "./blocks/blocked_operators.ts";
import type { Attributes, OnnxTensor, ValueInfo, ValueType } from "./file/onnx_model.ts";
import type { Noise } from "./layers/noise.ts";
import type { Operator } from "./ops/operator.ts";

/** The name of a value in one graph. */
export type ValueName = string;

/** One operator applied to values of the same graph; "" stands for an optional input left out. */
export interface GraphNode {
  readonly op: Operator | BlockedOperator;
  readonly inputs: readonly ValueName[];
  readonly outputs: readonly ValueName[];
  readonly attributes: Attributes;
}

/**
 * What a graph's input is, for its caller.
 * - `samples`: the model's input [N, …].
 * - `taskLabels`: [N], int64.
 * - `parameter`, `state`: one tensor of the flat vectors.
 * - `noise`: [N, …], drawn at every run; `layerIndex` goes into its random key.
 * - `lossScale` []: what the gradient of the loss is multiplied by, where it is computed in float16.
 * - `targets` [N, C], `weights` [N, 1], `classMask` [C], `elementWeights` [N, C], `constant` [1], `outputGradient`
 *   [N, C]: of the objective, and of the split step.
 * - `anchorTargets` [N, F], `anchorFactor` [1]: of features that the objective holds to what they were.
 */
export type InputRole =
  | { readonly kind: "samples" }
  | { readonly kind: "taskLabels" }
  | { readonly kind: "parameter"; readonly entry: ParameterEntry }
  | { readonly kind: "state"; readonly entry: ParameterEntry }
  | { readonly kind: "noise"; readonly noise: Noise; readonly layerIndex: number }
  | { readonly kind: "targets" }
  | { readonly kind: "weights" }
  | { readonly kind: "classMask" }
  | { readonly kind: "elementWeights" }
  | { readonly kind: "constant" }
  | { readonly kind: "lossScale" }
  | { readonly kind: "outputGradient" }
  | { readonly kind: "anchorTargets" }
  | { readonly kind: "anchorFactor" };

/**
 * What a graph's output is: the model's outputs [N, C], each row's unweighted loss [N], what holds its features to
 * what they were [N], the gradient of one parameter, summed over the rows, the new value of one tensor of state, or
 * `overflow` [], 0 where all gradients are finite, else NaN.
 */
export type OutputRole =
  | { readonly kind: "outputs" }
  | { readonly kind: "losses" }
  | { readonly kind: "anchorLosses" }
  | { readonly kind: "gradient"; readonly entry: ParameterEntry }
  | { readonly kind: "newState"; readonly entry: ParameterEntry }
  | { readonly kind: "overflow" };

/** What must be fed at every run. */
export interface GraphInput extends ValueInfo {
  readonly role: InputRole;
}

/** What a run gives. */
export interface GraphOutput extends ValueInfo {
  readonly role: OutputRole;
}

/**
 * How many rows a graph must be given for its results to mean something, and why: batch statistics of one row do not.
 */
export interface RowLimit {
  readonly rows: number;
  readonly reason: string;
}

/** A finished graph: only what its outputs need, in an order in which it can be run. */
export interface Graph {
  readonly nodes: readonly GraphNode[];
  readonly constants: readonly OnnxTensor[];
  readonly inputs: readonly GraphInput[];
  readonly outputs: readonly GraphOutput[];
  /** Undefined where one row will do. */
  readonly rowLimit: RowLimit | undefined;
  /** What every value is, by name. */
  readonly types: ReadonlyMap<ValueName, ValueType>;
}
