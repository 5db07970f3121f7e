import { describe, expect, test } from "bun:test";
import { RandomStream } from "../../../src/core/random_stream.ts";
import { factorCholesky, invertLower } from "../../../src/kernels/cholesky.ts";
import { convertPredictionHead } from "../../../src/onnx/export/convert_prediction_head.ts";
import { type PredictionHead, UNKNOWN_MARGIN } from "../../../src/onnx/export/prediction_head.ts";
import { GraphBuilder } from "../../../src/onnx/graph_builder.ts";
import { runGraph } from "../run_graph.ts";

const FEATURES = 3;
const random = new RandomStream(3, "heads");
const draw = (length: number) => Float64Array.from({ length }, () => random.normal());
/** Negative and positive numbers, and a row of zeros. */
const rows: readonly Float64Array[] = [draw(FEATURES), draw(FEATURES), new Float64Array(FEATURES), draw(FEATURES)];

/** The classes that are known, not in order, with a vector each; 1 and 4 are not. */
const IDS = [3, 0, 2];
const vectors = new Map(IDS.map((id) => [id, draw(FEATURES)]));
const matrix = Float64Array.of(2, 0.5, 0.1, 0.5, 1, 0.3, 0.1, 0.3, 0.7);
const whitening = invertLower(factorCholesky(matrix, FEATURES), FEATURES);
const layerName = "features";

/** Runs a head on rows [N, F], which are features and logits at once: [N, C]. */
async function score(
  head: PredictionHead,
  classes = 5,
  input = rows,
  taskLabels?: readonly number[],
): Promise<number[][]> {
  const graph = new GraphBuilder((name) => name);
  const width = input[0]?.length ?? 0;
  const x = graph.input("input", { shape: ["N", width], dataType: "float32" }, { kind: "samples" });
  const featuresOf = (name: string) => {
    expect(name).toBe(layerName);
    return x;
  };
  const logitsWith = (expert: Float32Array) => graph.node("Mul", [x, graph.constant([...expert])]);
  const inputs = { logits: x, featuresOf, logitsWith, classes, name: "head" };
  const scores = convertPredictionHead(head, inputs, graph);
  graph.output("logits", scores, { kind: "outputs" });
  const data = Float32Array.from(input.flatMap((row) => [...row]));
  const { logits = new Float32Array(0) } = await runGraph(graph.finish(), {
    input: { data, shape: [input.length, width] },
    ...(taskLabels ? { task_labels: { data: BigInt64Array.from(taskLabels.map(BigInt)), shape: [input.length] } } : {}),
  });
  const columns = logits.length / input.length;
  return input.map((_, row) => [...logits.subarray(row * columns, (row + 1) * columns)]);
}

function expectClose(actual: readonly (readonly number[])[], wanted: readonly (readonly number[])[]): void {
  expect(actual.map((row) => row.length)).toEqual(wanted.map((row) => row.length));
  for (const [i, row] of wanted.entries()) {
    for (const [j, value] of row.entries()) {
      expect(Math.abs((actual[i]?.[j] ?? Number.NaN) - value)).toBeLessThan(1e-5 * Math.max(1, Math.abs(value)));
    }
  }
}

/** What scores of the known classes come to among five. */
function spread(scoreOf: (row: Float64Array, vector: Float64Array, id: number) => number, classes = 5): number[][] {
  return rows.map((row) => {
    const known = new Map([...vectors].map(([id, vector]) => [id, scoreOf(row, vector, id)]));
    const least = Math.min(...known.values());
    return Array.from({ length: classes }, (_, id) => known.get(id) ?? least - UNKNOWN_MARGIN);
  });
}

function multiply(a: Float64Array, b: Float64Array): number {
  return a.reduce((sum, value, i) => sum + value * (b[i] ?? 0), 0);
}

function scaleToOne(row: Float64Array): Float64Array {
  const length = Math.hypot(...row) || 1;
  return row.map((value) => value / length);
}

/** dᵀ M⁻¹ d by solving with the whole inverse, of M [3, 3]: by the adjugate. */
function measureSlowly(m: Float64Array, d: Float64Array): number {
  const at = (i: number, j: number) => m[(i % 3) * 3 + (j % 3)] ?? 0;
  const cofactor = (i: number, j: number) => at(i + 1, j + 1) * at(i + 2, j + 2) - at(i + 1, j + 2) * at(i + 2, j + 1);
  const determinant = [0, 1, 2].reduce((sum, j) => sum + at(0, j) * cofactor(0, j), 0);
  const terms = [0, 1, 2].flatMap((i) => [0, 1, 2].map((j) => (d[i] ?? 0) * (d[j] ?? 0) * cofactor(j, i)));
  return terms.reduce((sum, term) => sum + term, 0) / determinant;
}

describe("convertPredictionHead()", () => {
  for (const normalize of [true, false]) {
    test(`gives minus the distance from each mean, when normalize is ${normalize}`, async () => {
      const scale = (row: Float64Array) => (normalize ? scaleToOne(row) : row);
      const wanted = spread((row, mean) => -Math.hypot(...scale(row).map((value, i) => value - (mean[i] ?? 0))));
      expectClose(await score({ kind: "nearestMean", layerName, means: vectors, normalize }), wanted);
    });
  }

  for (const tukeyLambda of [1, 0.5, 0.3]) {
    test(`gives minus the squared Mahalanobis distance, when lambda is ${tukeyLambda}`, async () => {
      const whitenings = new Map(IDS.map((id) => [id, whitening]));
      const bend = (row: Float64Array) => row.map((value) => Math.sign(value) * Math.abs(value) ** tukeyLambda);
      const wanted = spread((row, mean) => {
        const difference = scaleToOne(bend(row)).map((value, i) => value - (mean[i] ?? 0));
        return -measureSlowly(matrix, difference);
      });
      expectClose(await score({ kind: "mahalanobis", layerName, means: vectors, whitenings, tukeyLambda }), wanted);
    });
  }

  test("gives each class's plane, when the head is linear", async () => {
    const centre = draw(FEATURES);
    const planes = new Map([...vectors].map(([id, normal]) => [id, { normal, offset: id - 1.5 }]));
    const wanted = spread((row, normal, id) => {
      const moved = row.map((value, i) => value - (centre[i] ?? 0));
      return multiply(moved, normal) + id - 1.5;
    });
    expectClose(await score({ kind: "linear", layerName, centre, planes }), wanted);
  });

  test("gives cosines, those of shorter prototypes too, when the outputs have grown", async () => {
    const prototypes = new Map([...vectors].map(([id, vector]) => [id, id === 2 ? vector.slice(0, 2) : vector]));
    const wanted = spread((row, vector, id) => multiply(scaleToOne(row), id === 2 ? vector.with(2, 0) : vector));
    expectClose(await score({ kind: "cosine", prototypes }), wanted);
  });

  test("has a column for every class that it knows, when fewer are asked for", async () => {
    const wanted = spread((row, vector) => multiply(scaleToOne(row), vector), 4);
    expectClose(await score({ kind: "cosine", prototypes: vectors }, 2), wanted);
  });

  test("corrects the logits of some classes, when the head is affine", async () => {
    const wanted = rows.map(([a = 0, b = 0, c = 0]) => [1.5 * a - 0.25, b, 1.5 * c - 0.25]);
    expectClose(await score({ kind: "affine", classes: new Set([0, 2]), alpha: 1.5, beta: -0.25 }), wanted);
  });

  test("gives each class the larger of two experts' probabilities, as a logarithm", async () => {
    const expert = Float32Array.of(-1, 0.5, 3);
    const takeLogarithms = (row: readonly number[]) => {
      const total = row.reduce((sum, value) => sum + Math.exp(value), 0);
      return row.map((value) => value - Math.log(total));
    };
    const wanted = rows.map((row) => {
      const [own, other] = [[...row], [...row].map((value, i) => value * (expert[i] ?? 0))].map(takeLogarithms);
      return own?.map((value, i) => Math.max(value, other?.[i] ?? Number.NaN)) ?? [];
    });
    expectClose(await score({ kind: "ensemble", expert }, 3), wanted);
  });

  test("raises old classes, when the largest logit is a newest class's, the first of equals", async () => {
    const logits = [
      [1, 2, 3],
      [3, 2, 1],
      [0, 3, 3],
      [3, 0, 3],
    ].map((row) => Float64Array.from(row));
    const head = { kind: "rectified", newest: new Set([2]), factors: new Map([[1, 4]]) } as const;
    const raised = await score(head, 3, logits);
    const ln4 = Math.log(4);
    expectClose(raised, [
      [1, 2 + ln4, 3],
      [3, 2, 1],
      [0, 3, 3],
      [3, 0, 3],
    ]);
    const both = await score({ ...head, newest: new Set([1, 2]), factors: new Map([[0, 4]]) }, 3, logits);
    expectClose(both, [
      [1 + ln4, 2, 3],
      [3, 2, 1],
      [ln4, 3, 3],
      [3, 0, 3],
    ]);
  });

  test("compares a sample with the classes of its task, and with all when the task is not known", async () => {
    // Class 0 is a class of both tasks; classes 1, 4 and, in task 8, 3 and 2 are not known.
    const others = new Map([0, 5].map((id) => [id, draw(FEATURES)]));
    const head: PredictionHead = {
      kind: "byTask",
      heads: new Map([
        [2, { kind: "cosine", prototypes: vectors }],
        [8, { kind: "cosine", prototypes: others }],
      ]),
    };
    const wanted = rows.map((row, i) => {
      const scoreAll = (known: ReadonlyMap<number, Float64Array>) => {
        return new Map([...known].map(([id, vector]) => [id, multiply(scaleToOne(row), vector)]));
      };
      const [first, second] = [scoreAll(vectors), scoreAll(others)];
      const best = new Map([...first, ...second]);
      best.set(0, Math.max(first.get(0) ?? Number.NaN, second.get(0) ?? Number.NaN));
      const known = [second, first][i] ?? best;
      const least = Math.min(...known.values());
      return Array.from({ length: 6 }, (_, id) => known.get(id) ?? least - UNKNOWN_MARGIN);
    });
    expectClose(await score(head, 5, rows, [8, 2, 3, 0]), wanted);
  });

  test("throws a RangeError, when the vectors are of another length than the features", async () => {
    const means = new Map([[0, Float64Array.of(1, 2)]]);
    const head = { kind: "nearestMean", layerName, means, normalize: false } as const;
    await expect(score(head)).rejects.toThrow("the classifier needs 3 of them, got 2");
  });
});
