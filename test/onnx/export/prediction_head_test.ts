import { describe, expect, test } from "bun:test";
import { describeHead, listScoredClasses, type PredictionHead } from "../../../src/onnx/export/prediction_head.ts";

const layerName = "features";
const vectors = new Map([3, 0].map((id) => [id, Float64Array.of(id, 1)]));

/** One of each kind. */
const HEADS: readonly PredictionHead[] = [
  { kind: "nearestMean", layerName, means: vectors, normalize: true },
  { kind: "mahalanobis", layerName, means: vectors, whitenings: new Map(), tukeyLambda: 0.5 },
  {
    kind: "linear",
    layerName,
    centre: Float64Array.of(0),
    planes: new Map([[7, { normal: Float64Array.of(1), offset: 0 }]]),
  },
  { kind: "cosine", prototypes: vectors },
  { kind: "affine", classes: new Set([1]), alpha: 2, beta: 3 },
  { kind: "rectified", newest: new Set([1]), factors: new Map([[0, 4]]) },
];

describe("describeHead()", () => {
  test("gives what survives JSON, without vectors, when asked about any kind", () => {
    expect(JSON.parse(JSON.stringify(HEADS.map(describeHead)))).toEqual([
      { kind: "nearestMean", layerName, normalize: true },
      { kind: "mahalanobis", layerName, tukeyLambda: 0.5 },
      { kind: "linear", layerName },
      { kind: "cosine" },
      { kind: "affine", classes: [1], alpha: 2, beta: 3 },
      { kind: "rectified", newest: [1], factors: { 0: 4 } },
    ]);
  });
});

describe("listScoredClasses()", () => {
  test("gives the ids of the classes, or nothing where logits are changed", () => {
    expect(HEADS.map(listScoredClasses)).toEqual([[3, 0], [3, 0], [7], [3, 0], undefined, undefined]);
  });
});
