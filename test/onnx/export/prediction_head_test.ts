import { describe, expect, test } from "bun:test";
import {
  describeHead,
  joinTaskHeads,
  listScoredClasses,
  type PredictionHead,
  type ScoringHead,
} from "../../../src/onnx/export/prediction_head.ts";

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
  {
    kind: "byTask",
    heads: new Map<number, ScoringHead>([
      [4, { kind: "cosine", prototypes: vectors }],
      [9, { kind: "nearestMean", layerName, means: new Map([[0, Float64Array.of(0, 1)]]), normalize: true }],
    ]),
  },
  { kind: "affine", classes: new Set([1]), alpha: 2, beta: 3 },
  { kind: "rectified", newest: new Set([1]), factors: new Map([[0, 4]]) },
  { kind: "ensemble", expert: Float32Array.of(1, 2) },
];

describe("describeHead()", () => {
  test("gives what survives JSON, without vectors, when asked about any kind", () => {
    expect(JSON.parse(JSON.stringify(HEADS.map(describeHead)))).toEqual([
      { kind: "nearestMean", layerName, normalize: true },
      { kind: "mahalanobis", layerName, tukeyLambda: 0.5 },
      { kind: "linear", layerName },
      { kind: "cosine" },
      { kind: "byTask", heads: { 4: { kind: "cosine" }, 9: { kind: "nearestMean", layerName, normalize: true } } },
      { kind: "affine", classes: [1], alpha: 2, beta: 3 },
      { kind: "rectified", newest: [1], factors: { 0: 4 } },
      { kind: "ensemble" },
    ]);
  });
});

describe("joinTaskHeads()", () => {
  test("gives the only head there is, or one that chooses by the task", () => {
    const first = { kind: "cosine", prototypes: vectors } as const;
    const second = { kind: "cosine", prototypes: new Map() } as const;
    expect(joinTaskHeads(new Map())).toBeUndefined();
    expect(joinTaskHeads(new Map([[5, first]]))).toBe(first);
    const heads = new Map([
      [5, first],
      [0, second],
    ]);
    expect(joinTaskHeads(heads)).toEqual({ kind: "byTask", heads });
  });
});

describe("listScoredClasses()", () => {
  test("gives those of a task, and of all tasks where the head does not know it", () => {
    const head = HEADS.find(({ kind }) => kind === "byTask");
    expect([4, 9, 1].map((task) => head && listScoredClasses(head, task))).toEqual([[3, 0], [0], [3, 0]]);
  });

  test("gives the ids of the classes, or nothing where logits are changed", () => {
    const wanted = [[3, 0], [3, 0], [7], [3, 0], [3, 0], undefined, undefined, undefined];
    expect(HEADS.map((head) => listScoredClasses(head))).toEqual(wanted);
  });
});
