import type { ObjectiveSpec } from "../../onnx/objectives.ts";
import type { TrainingPrecision } from "../../onnx/precision/precision.ts";
import type { RowMeasure } from "../../onnx/row_measure.ts";

/** What a graph is asked for. */
export type GraphPurpose =
  | { readonly kind: "forward" }
  | { readonly kind: "training"; readonly objective: ObjectiveSpec }
  | { readonly kind: "backward" }
  | { readonly kind: "activations"; readonly layerName: string }
  | { readonly kind: "inputGradients" }
  | { readonly kind: "rowGradients"; readonly measure: RowMeasure };

/** Which graph of a model an engine needs, as plain data. */
export type GraphRequest = GraphPurpose & {
  /** "eval" for models that compute the same in both. */
  readonly mode: "train" | "eval";
  /** True where all rows have one task label: of several heads theirs alone is computed. Default: false. */
  readonly sharesTask?: boolean;
  /** Default: "float32". */
  readonly precision?: TrainingPrecision;
};

/** A name for the graph: equal requests have equal names. */
export function nameGraph(request: GraphRequest): string {
  const { kind, mode, sharesTask = false, precision = "float32" } = request;
  return `${kind} ${mode} ${precision} ${sharesTask} ${describePurpose(request)}`;
}

function describePurpose(purpose: GraphPurpose): string {
  switch (purpose.kind) {
    case "forward":
    case "backward":
    case "inputGradients":
      return "";
    case "training": {
      const { kind, hasClassMask = false, hasElementWeights = false } = purpose.objective;
      return `${kind} ${hasClassMask} ${hasElementWeights}`;
    }
    case "activations":
      return purpose.layerName;
    case "rowGradients":
      return purpose.measure;
  }
}
