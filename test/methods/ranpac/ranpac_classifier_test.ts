import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import { RandomStream } from "../../../src/core/random_stream.ts";
import type { RanPACClassifierOptions } from "../../../src/methods/ranpac/options.ts";
import { RanPACClassifier } from "../../../src/methods/ranpac/ranpac_classifier.ts";
import { madeRows, readRow } from "../shared/made_features.ts";
import { createOutput, type Rows } from "../shared/slow_losses.ts";

/** Random features M. */
const SIZE = 5;

function createClassifier(options: RanPACClassifierOptions = {}): RanPACClassifier {
  return new RanPACClassifier({ projectionSize: SIZE, ...options }, () => new RandomStream(3, "projection"));
}

function labelRows(y: readonly number[], tasks: readonly number[] = y.map(() => 0)) {
  return { targets: Int32Array.from(y), targetsTaskLabels: Int32Array.from(tasks) };
}

/** φ(x) by the projection that the classifier's head has. */
function projectSlowly(classifier: RanPACClassifier, rows: Rows): number[][] {
  const head = classifier.describeHead("features");
  if (head?.kind !== "randomFeatures") throw new Error("Wanted one head");
  const { data, rows: size, columns } = head.projection;
  return rows.map((row) =>
    Array.from({ length: size }, (_, m) => {
      return Math.max(
        0,
        row.reduce((sum, x, i) => sum + x * (data[m * columns + i] ?? 0), 0),
      );
    }),
  );
}

/** w of a class by Gauss and Jordan: (Σφφᵀ + λI)w = Σφ over the class's rows. */
function regressSlowly(phi: readonly (readonly number[])[], isOwn: (row: number) => boolean, ridge: number): number[] {
  const matrix = Array.from({ length: SIZE }, (_, i) => [
    ...Array.from({ length: SIZE }, (_, j) => {
      return phi.reduce((sum, row) => sum + (row[i] ?? 0) * (row[j] ?? 0), i === j ? ridge : 0);
    }),
    phi.reduce((sum, row, n) => sum + (isOwn(n) ? (row[i] ?? 0) : 0), 0),
  ]);
  for (let column = 0; column < SIZE; column++) {
    const rest = [...matrix.keys()].slice(column);
    const pivot = rest.reduce((best, i) => {
      return Math.abs(matrix[i]?.[column] ?? 0) > Math.abs(matrix[best]?.[column] ?? 0) ? i : best;
    });
    const [top = [], other = []] = [matrix[column], matrix[pivot]];
    matrix[pivot] = top;
    matrix[column] = other.map((value) => value / (other[column] ?? 1));
    for (const [i, row] of matrix.entries()) {
      if (i === column) continue;
      matrix[i] = row.map((value, j) => value - (row[column] ?? 0) * (matrix[column]?.[j] ?? 0));
    }
  }
  return matrix.map((row) => row[SIZE] ?? 0);
}

const samples = madeRows(6, 16).chain((rows) =>
  fc.record({ rows: fc.constant(rows), y: fc.array(fc.nat(2), { minLength: rows.length, maxLength: rows.length }) }),
);

describe("RanPACClassifier", () => {
  test("scores by ridge regression on random features, whatever the order of the samples", () => {
    fc.assert(
      fc.property(samples, madeRows(1, 3), fc.constantFrom(0.5, 3, 40), ({ rows, y }, asked, ridge) => {
        const classifier = createClassifier({ ridge });
        classifier.learn(createOutput(rows.slice(0, 4)), labelRows(y.slice(0, 4)));
        classifier.finishExperience();
        classifier.learn(createOutput(rows.slice(4)), labelRows(y.slice(4)));
        classifier.finishExperience();
        const backwards = createClassifier({ ridge });
        backwards.learn(createOutput([...rows].reverse()), labelRows([...y].reverse()));
        const [phi, phiAsked] = [projectSlowly(classifier, rows), projectSlowly(classifier, asked)];
        const labels = { width: 4, taskLabels: new Int32Array(asked.length) };
        const scores = classifier.score(createOutput(asked), labels);
        const turned = backwards.score(createOutput(asked), labels);
        for (const [i, features] of phiAsked.entries()) {
          for (const id of new Set(y)) {
            const w = regressSlowly(phi, (row) => y[row] === id, ridge);
            const wanted = features.reduce((sum, x, m) => sum + x * (w[m] ?? 0), 0);
            expect(readRow(scores, i)[id]).toBeCloseTo(wanted, 4);
            expect(readRow(turned, i)[id]).toBeCloseTo(wanted, 4);
          }
          expect(readRow(scores, i)[3]).toBeLessThan(
            Math.min(...[...new Set(y)].map((id) => readRow(scores, i)[id] ?? 0)) - 900,
          );
        }
      }),
      { numRuns: 40 },
    );
  });

  test("chooses the ridge with the least error on every fifth sample, and learns those then", () => {
    fc.assert(
      fc.property(samples, ({ rows, y }) => {
        const classifier = createClassifier();
        classifier.learn(createOutput(rows.slice(0, 3)), labelRows(y.slice(0, 3)));
        // Stopped and resumed in the middle of an experience.
        const resumed = createClassifier();
        resumed.restore(structuredClone(classifier.save()));
        resumed.learn(createOutput(rows.slice(3)), labelRows(y.slice(3)));
        resumed.finishExperience();
        const phi = projectSlowly(resumed, rows);
        const isHeld = (row: number) => row % 5 === 4;
        const known = [...new Set(y.filter((_, row) => !isHeld(row)))];
        const fitted = phi.filter((_, row) => !isHeld(row));
        const ownY = y.filter((_, row) => !isHeld(row));
        const errorOf = (ridge: number) => {
          const weights = known.map((id) => regressSlowly(fitted, (row) => ownY[row] === id, ridge));
          return phi.reduce((sum, row, n) => {
            if (!isHeld(n)) return sum;
            return weights.reduce((total, w, k) => {
              const score = row.reduce((product, x, m) => product + x * (w[m] ?? 0), 0);
              return total + (score - (y[n] === known[k] ? 1 : 0)) ** 2;
            }, sum);
          }, 0);
        };
        const best = Math.min(...[-3, -2, -1, 0, 1, 2, 3, 4, 5, 6, 7, 8].map((power) => errorOf(10 ** power)));
        // Below 10⁻³ both computations lose digits where samples are few.
        if (resumed.ridge >= 1e-3) expect(errorOf(resumed.ridge)).toBeLessThan(best * (1 + 1e-4) + 1e-9);
        const w = regressSlowly(phi, (row) => y[row] === y[0], resumed.ridge);
        if (resumed.ridge < 1e-2) return;
        const scores = resumed.score(createOutput(rows.slice(0, 1)), { width: 3, taskLabels: new Int32Array(1) });
        const wanted = (phi[0] ?? []).reduce((sum, x, m) => sum + x * (w[m] ?? 0), 0);
        expect(readRow(scores, 0)[y[0] ?? 0]).toBeCloseTo(wanted, 3);
      }),
      { numRuns: 40 },
    );
  });

  test("keeps classes of different tasks apart, and one matrix for all", () => {
    const rows = [
      [1, 2, 3],
      [3, 1, 1],
      [2, 2, 1],
      [1, 1, 3],
    ];
    const apart = createClassifier({ ridge: 1 });
    apart.learn(createOutput(rows), labelRows([0, 1, 0, 1], [7, 7, 4, 4]));
    const joined = createClassifier({ ridge: 1 });
    joined.learn(createOutput(rows), labelRows([0, 1, 2, 3]));
    const score = (classifier: RanPACClassifier, task: number) =>
      readRow(classifier.score(createOutput(rows.slice(0, 1)), { width: 4, taskLabels: Int32Array.of(task) }), 0);
    const all = score(joined, 0);
    expect(score(apart, 7).slice(0, 2)).toEqual(all.slice(0, 2));
    expect(score(apart, 4).slice(0, 2)).toEqual(all.slice(2));
  });

  test("has the sum of all squares of features in its state, and the weights that belong to it", () => {
    const size = 300;
    const classifier = createClassifier({ projectionSize: size, ridge: 10 });
    const rows = Array.from({ length: 12 }, (_, n) => [Math.sin(n), Math.cos(3 * n), 0.5].map(Math.fround));
    const y = rows.map((_, n) => n % 3);
    for (const part of [0, 6]) {
      classifier.learn(createOutput(rows.slice(part, part + 6)), labelRows(y.slice(part, part + 6)));
    }
    const phi = projectSlowly(classifier, rows);
    const gram = Float64Array.from({ length: size * size }, (_, at) => {
      const [i, j] = [Math.floor(at / size), at % size];
      return phi.reduce((sum, row) => sum + (row[i] ?? 0) * (row[j] ?? 0), 0);
    });
    const saved = classifier.save();
    const learnt = typeof saved === "object" && saved !== null && "gram" in saved ? saved.gram : undefined;
    if (!(learnt instanceof Float64Array)) throw new Error("Wanted a matrix");
    for (const [at, value] of gram.entries()) expect(Math.abs((learnt[at] ?? Number.NaN) - value)).toBeLessThan(1e-9);
    const head = classifier.describeHead("features");
    const weights = head?.kind === "randomFeatures" ? head.weights : new Map<number, Float64Array>();
    expect([...weights.keys()]).toEqual([0, 1, 2]);
    for (const [id, w] of weights) {
      // (G + λI)w is the sum of the class's features.
      for (let i = 0; i < size; i++) {
        const product = w.reduce((sum, value, j) => sum + (gram[i * size + j] ?? 0) * value, 10 * (w[i] ?? 0));
        const wanted = phi.reduce((sum, row, n) => sum + (y[n] === id ? (row[i] ?? 0) : 0), 0);
        expect(Math.abs(product - wanted)).toBeLessThan(1e-9);
      }
    }
  });

  test("refuses a size out of range", () => {
    expect(() => createClassifier({ projectionSize: 0 })).toThrow(
      "RanPACClassifier: projectionSize must be from 1 to 20000, got 0",
    );
  });
});
