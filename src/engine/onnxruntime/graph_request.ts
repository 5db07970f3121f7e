import type { TrainingGraphOptions } from "../../onnx/engine_graphs.ts";
import type { ObjectiveSpec } from "../../onnx/objectives.ts";
import type { TrainingPrecision } from "../../onnx/precision/precision.ts";
import type { RowMeasure } from "../../onnx/row_measure.ts";

/** What a graph is asked for. */
export type GraphPurpose =
  | { readonly kind: "forward" }
  | ({ readonly kind: "training"; readonly objective: ObjectiveSpec } & Omit<TrainingGraphOptions, "mode">)
  | { readonly kind: "backward"; readonly held?: readonly string[] | undefined }
  | { readonly kind: "activations"; readonly layerName: string }
  | { readonly kind: "inputGradients" }
  | { readonly kind: "rowGradients"; readonly measure: RowMeasure }
  | { readonly kind: "rowFactors" };

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
    case "inputGradients":
    case "rowFactors":
      return "";
    case "backward":
      return nameHeld(purpose);
    case "training": {
      const { kind, hasClassMask = false, hasElementWeights = false } = purpose.objective;
      const { anchoredLayer } = purpose;
      const anchor = anchoredLayer === undefined ? "" : `, anchored at ${anchoredLayer}`;
      return `${kind} ${hasClassMask} ${hasElementWeights}${anchor}${nameHeld(purpose)}`;
    }
    case "activations":
      return purpose.layerName;
    case "rowGradients":
      return purpose.measure;
  }
}

function nameHeld({ held = [] }: Pick<TrainingGraphOptions, "held">): string {
  return held.length > 0 ? `, without ${held.join(" ")}` : "";
}
