import { measureOutput } from "../../onnx/engine_graphs.ts";
import type { ModelSpec } from "../../onnx/layers/layer_spec.ts";
import { dependsOnMode } from "../../onnx/layers/layers.ts";

/** What engines need to know of a model beside its graphs: plain data, found out once for all replicas. */
export interface ModelFacts {
  /** C, the width of the output. */
  readonly outputSize: number;
  /** Whether it computes something else in training. */
  readonly dependsOnMode: boolean;
}

/** @throws {RangeError} If the model has not one input of samples (beside task labels) and one output [N, C]. */
export function findModelFacts(spec: ModelSpec): ModelFacts {
  return { outputSize: measureOutput(spec), dependsOnMode: spec.layers.some(dependsOnMode) };
}
