import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import { createClassMask } from "../../../src/training/losses/class_mask.ts";
import { ClassTally } from "../../../src/training/losses/class_tally.ts";
import { CrossEntropyLoss } from "../../../src/training/losses/cross_entropy_loss.ts";
import { type MadeOutputs, madeOutputs } from "../../methods/shared/made_outputs.ts";
import {
  createOutput,
  differentiateSlowly,
  measureDifference,
  slowWeightedCrossEntropy,
} from "../../methods/shared/slow_losses.ts";

interface MadeMinibatch extends MadeOutputs {
  readonly classWeights: readonly number[];
  readonly labelSmoothing: number;
}

/** Minibatches with class weights from 0 to 4, of which the first samples' are above 0. */
const madeMinibatches: fc.Arbitrary<MadeMinibatch> = madeOutputs.chain(({ rows, y }) =>
  fc.record({
    rows: fc.constant(rows),
    y: fc.constant(y),
    classWeights: fc
      .array(fc.integer({ min: 0, max: 16 }), { minLength: rows[0]?.length ?? 0, maxLength: rows[0]?.length ?? 0 })
      .map((sixteenths) => sixteenths.map((value, c) => (c === y[0] ? value + 1 : value) / 4)),
    labelSmoothing: fc.constantFrom(0, 0.25, 1),
  }),
);

describe("CrossEntropyLoss with class weights", () => {
  test("evaluate() gives the slow weighted mean, its central differences, and losses of which it is the mean", async () => {
    await fc.assert(
      fc.property(madeMinibatches, ({ rows, y, classWeights, labelSmoothing }) => {
        const criterion = new CrossEntropyLoss({ classWeights, labelSmoothing });
        const { loss, dOutput, losses = [] } = criterion.evaluate(createOutput(rows), Int32Array.from(y));
        const slow = slowWeightedCrossEntropy(classWeights, labelSmoothing);
        const wanted = slow(rows, y);
        expect(Math.abs(loss - wanted)).toBeLessThan(1e-6 * (1 + wanted));
        const differences = differentiateSlowly((nudged) => slow(nudged, y), rows);
        expect(measureDifference(dOutput, differences)).toBeLessThan(1e-5 * (1 + wanted));
        expect([...losses].reduce((sum, own) => sum + own, 0) / rows.length).toBeCloseTo(loss, 6);
      }),
    );
  });

  test("createObjective() writes targets that sum to one, and weights under which parts of a minibatch add up", () => {
    fc.assert(
      fc.property(madeMinibatches, ({ rows, y, classWeights, labelSmoothing }) => {
        const criterion = new CrossEntropyLoss({ classWeights, labelSmoothing });
        const [size, width] = [y.length, classWeights.length];
        const [targets, weights] = [new Float32Array(size * width), new Float32Array(size)];
        criterion.createObjective(Int32Array.from(y), width).write(targets, weights);
        const { losses = [] } = criterion.evaluate(createOutput(rows), Int32Array.from(y));
        const parts = rows.map((row, i) => {
          const own = targets.subarray(i * width, (i + 1) * width);
          expect(own.reduce((sum, target) => sum + target, 0)).toBeCloseTo(1, 5);
          const logSum = Math.log(row.reduce((sum, z) => sum + Math.exp(z), 0));
          return (weights[i] ?? 0) * row.reduce((sum, z, c) => sum + (own[c] ?? 0) * (logSum - z), 0);
        });
        const wanted = [...losses].map((own) => own / size);
        expect(measureDifference(parts, wanted)).toBeLessThan(1e-5 * (1 + Math.max(...wanted)));
      }),
    );
  });

  test("is the plain loss, where all classes weigh the same", () => {
    fc.assert(
      fc.property(madeOutputs, fc.constantFrom(0.25, 1, 8), ({ rows, y }, weight) => {
        const classWeights = Array(rows[0]?.length ?? 0).fill(weight);
        const [output, labels] = [createOutput(rows), Int32Array.from(y)];
        const weighted = new CrossEntropyLoss({ classWeights, labelSmoothing: 0.1 }).evaluate(output, labels);
        const plain = new CrossEntropyLoss({ labelSmoothing: 0.1 }).evaluate(output, labels);
        expect(weighted.loss).toBeCloseTo(plain.loss, 6);
        expect(measureDifference(weighted.dOutput, plain.dOutput)).toBeLessThan(1e-6);
      }),
    );
  });

  test("shares smoothing among the classes that the mask lets compete", () => {
    const [rows, y] = [[[1, 5, -1]], [2]];
    const classMask = (size: number) => createClassMask([0, 2], size);
    const criterion = new CrossEntropyLoss({ classWeights: [4, 9, 2], labelSmoothing: 0.5, classMask });
    const { loss, dOutput } = criterion.evaluate(createOutput(rows), Int32Array.from(y));
    const slow = slowWeightedCrossEntropy([4, 2], 0.5);
    expect(loss).toBeCloseTo(slow([[1, -1]], [1]), 5);
    const [first = 0, last = 0] = differentiateSlowly((nudged) => slow(nudged, [1]), [[1, -1]]);
    expect(measureDifference(dOutput, [first, 0, last])).toBeLessThan(1e-5);
  });

  test("is 0 with no gradient, where the samples of a minibatch weigh nothing", () => {
    const criterion = new CrossEntropyLoss({ classWeights: [0, 1], labelSmoothing: 0.1 });
    const { loss, dOutput } = criterion.evaluate(createOutput([[2, -1]]), Int32Array.of(0));
    expect([loss, ...dOutput].map(Math.abs)).toEqual([0, 0, 0]);
    const [targets, weights] = [new Float32Array(2), new Float32Array(1).fill(9)];
    criterion.createObjective(Int32Array.of(0), 2).write(targets, weights);
    expect([...weights]).toEqual([0]);
  });

  test("refuses weights below 0, none, other words, and fewer than the model has outputs", () => {
    const make = (classWeights: unknown) => () => new CrossEntropyLoss({ classWeights: classWeights as never });
    expect(make([1, -1])).toThrow("CrossEntropyLoss: classWeights[1] must be at least 0, got -1");
    expect(make([])).toThrow("CrossEntropyLoss: classWeights must be an array of at least one element");
    expect(make("even")).toThrow('CrossEntropyLoss: classWeights must be "balanced", got "even"');
    const wanted = "CrossEntropyLoss: classWeights needs one number for each of the model's 3 outputs, got 2";
    const criterion = new CrossEntropyLoss({ classWeights: [1, 2] });
    expect(() => criterion.evaluate(createOutput([[1, 2, 3]]), Int32Array.of(0))).toThrow(wanted);
    expect(() => criterion.createObjective(Int32Array.of(0), 3)).toThrow(wanted);
    expect(() => criterion.assertUsable({ targets: "classes", outputSize: 3 })).toThrow(wanted);
  });
});

describe("ClassTally", () => {
  test("balance() gives scikit-learn's weights of what was counted, and 1 to classes that were not met", () => {
    const tally = new ClassTally();
    expect([...tally.balance(3)]).toEqual([1, 1, 1]);
    tally.add(Int32Array.from([0, 0, 0, 0, 0, 0, 0]));
    tally.add(Int32Array.from([2, 1, 2]));
    // compute_class_weight("balanced", classes=[0, 1, 2], y=[0] * 7 + [1] + [2] * 2)
    const recorded = [0.47619048, 3.33333333, 1.66666667];
    expect(measureDifference(tally.balance(3), recorded)).toBeLessThan(1e-8);
    expect(tally.balance(4)[3]).toBe(1);
  });

  test("balance() gives samples a mean weight of 1, and each class the same sum", () => {
    const labels = fc.array(fc.nat(4), { minLength: 1, maxLength: 60 });
    fc.assert(
      fc.property(labels, (y) => {
        const tally = new ClassTally();
        tally.add(Int32Array.from(y));
        const weights = tally.balance(5);
        const classes = [...new Set(y)];
        for (const id of classes) {
          const sum = y.filter((other) => other === id).length * (weights[id] ?? 0);
          expect(sum).toBeCloseTo(y.length / classes.length, 9);
        }
      }),
    );
  });
});
