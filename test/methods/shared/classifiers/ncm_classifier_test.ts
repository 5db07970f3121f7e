import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import { NCMClassifier } from "../../../../src/methods/shared/classifiers/ncm_classifier.ts";
import { averageSlowly, byClass, madeClasses, readRow, scaleSlowly } from "../made_features.ts";
import { createOutput } from "../slow_losses.ts";

describe("NCMClassifier", () => {
  for (const normalize of [true, false]) {
    test(`scores minus the distance from each class's mean, ${normalize ? "at length 1" : "as they are"}`, () => {
      const prepare = normalize ? scaleSlowly : (row: readonly number[]) => [...row];
      fc.assert(
        fc.property(madeClasses, ({ classes, rows }) => {
          const classifier = new NCMClassifier({ normalize });
          classifier.learn(byClass(classes));
          const scores = classifier.score(createOutput(rows), 8);
          expect(scores.shape).toEqual([rows.length, 8]);
          for (const [i, row] of rows.entries()) {
            const made = readRow(scores, i);
            const wanted = classes.map((samples) => {
              const mean = prepare(averageSlowly(samples.map(prepare)));
              return -Math.hypot(...prepare(row).map((x, j) => x - (mean[j] ?? 0)));
            });
            for (const [k, score] of wanted.entries()) expect(Math.abs((made[2 * k] ?? 0) - score)).toBeLessThan(1e-5);
            // Nothing is known of the odd classes.
            for (const id of [1, 3, 5, 7]) expect(made[id]).toBeLessThan(Math.min(...wanted) - 900);
          }
        }),
      );
    });
  }

  test("add() gives the means of all samples together, learn() forgets what was known of a class", () => {
    fc.assert(
      fc.property(madeClasses, madeClasses, ({ classes, rows }, { classes: later }) => {
        const [added, whole, learned] = [new NCMClassifier(), new NCMClassifier(), new NCMClassifier()];
        added.add(byClass(classes));
        added.add(byClass(later));
        const longer = classes.length > later.length ? classes : later;
        whole.learn(byClass(longer.map((_, i) => [...(classes[i] ?? []), ...(later[i] ?? [])])));
        learned.learn(byClass(classes));
        learned.learn(byClass(later));
        const again = new NCMClassifier();
        again.restore(structuredClone(added.save()));
        const score = (classifier: NCMClassifier) => [...classifier.score(createOutput(rows), 8).data];
        const [made, wanted] = [score(added), score(whole)];
        for (const [i, value] of made.entries()) expect(Math.abs(value - (wanted[i] ?? 0))).toBeLessThan(1e-4);
        expect(score(again)).toEqual(made);
        for (const [i] of later.entries()) {
          const alone = new NCMClassifier();
          alone.learn(byClass(later));
          expect(learned.means.get(2 * i)).toEqual(alone.means.get(2 * i));
        }
      }),
    );
  });

  test("scores all classes alike where nothing is known, and vectors of zeros as they are", () => {
    const classifier = new NCMClassifier();
    expect(new Set(classifier.score(createOutput([[1, 2, 3]]), 4).data).size).toBe(1);
    classifier.learn(new Map([[0, createOutput([[0, 0, 0]])]]));
    expect(readRow(classifier.score(createOutput([[0, 0, 0]]), 1), 0)[0]).toBeCloseTo(0, 10);
  });
});
