import type {
  AffineHead,
  CosineHead,
  EnsembleHead,
  LinearHead,
  MahalanobisHead,
  NearestMeanHead,
  PredictionHead,
  RandomFeaturesHead,
  RectifiedHead,
  ScoringHead,
} from "./prediction_head.ts";

/** A head without what is learnt: all that is known of it before a run begins. */
export type HeadForm = (
  | Omit<NearestMeanHead, "means">
  | Omit<MahalanobisHead, "means" | "whitenings">
  | Omit<LinearHead, "centre" | "planes">
  | Omit<RandomFeaturesHead, "projection" | "weights">
  | Pick<CosineHead, "kind">
  | Pick<AffineHead, "kind">
  | Pick<RectifiedHead, "kind">
  | Pick<EnsembleHead, "kind">
) & {
  /** Whether there may be no head yet when the first experience was trained. Default: false. */
  readonly comesLater?: boolean;
};

/** Where a blank head stands. */
export interface BlankHeadPlace {
  /** F: the values of a sample that a layer gives. */
  widthOf(layerName: string): number;
  /** P: the network's parameters. */
  readonly parameterCount: number;
  /** Whether there may be a head a task. */
  readonly byTask: boolean;
}

/** A head of that form that knows one class, by ones: a file with it has the nodes that it will have. */
export function createBlankHead(
  { comesLater: _, ...form }: HeadForm,
  { widthOf, parameterCount, byTask }: BlankHeadPlace,
): PredictionHead {
  if (form.kind === "ensemble") return { ...form, expert: new Float32Array(parameterCount).fill(1) };
  const head = fillForm(form, widthOf);
  if (!byTask || head.kind === "affine" || head.kind === "rectified") return head;
  const heads = new Map([
    [0, head],
    [1, head],
  ]);
  return { kind: "byTask", heads };
}

function fillForm(
  form: Exclude<HeadForm, { readonly kind: "ensemble" }>,
  widthOf: (layerName: string) => number,
): ScoringHead | AffineHead | RectifiedHead {
  switch (form.kind) {
    case "nearestMean":
      return { ...form, means: ofOneClass(widthOf(form.layerName)) };
    case "mahalanobis": {
      const width = widthOf(form.layerName);
      return { ...form, means: ofOneClass(width), whitenings: ofOneClass(width * width) };
    }
    case "linear": {
      const normal = new Float64Array(widthOf(form.layerName)).fill(1);
      return { ...form, centre: normal, planes: new Map([[0, { normal, offset: 0 }]]) };
    }
    case "randomFeatures": {
      const columns = widthOf(form.layerName);
      const projection = { data: new Float64Array(columns).fill(1), rows: 1, columns };
      return { ...form, projection, weights: ofOneClass(1) };
    }
    case "cosine":
      return { ...form, prototypes: ofOneClass(1) };
    case "affine":
      return { ...form, classes: new Set([0]), alpha: 1, beta: 1 };
    case "rectified":
      return { ...form, newest: new Set([0]), factors: new Map([[0, 1]]) };
  }
}

function ofOneClass(length: number): ReadonlyMap<number, Float64Array> {
  return new Map([[0, new Float64Array(length).fill(1)]]);
}
