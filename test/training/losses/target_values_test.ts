import { describe, expect, test } from "bun:test";
import * as tf from "@tensorflow/tfjs";
import fc from "fast-check";
import { BCEWithLogitsLoss } from "../../../src/training/losses/bce_with_logits_loss.ts";
import { type Criterion, createCriterion } from "../../../src/training/losses/criterion.ts";
import { FocalLoss } from "../../../src/training/losses/focal_loss.ts";
import { HuberLoss, MSELoss } from "../../../src/training/losses/regression_losses.ts";
import { madeOutputs } from "../../methods/shared/made_outputs.ts";
import { createOutput, differentiateSlowly, measureDifference, type Rows } from "../../methods/shared/slow_losses.ts";

tf.enableProdMode();

/** The mean over all outputs of a loss of each, by its target. */
type ElementLoss = (z: number, target: number) => number;

const squares: ElementLoss = (z, target) => (z - target) ** 2;
const logistic: ElementLoss = (z, target) => Math.log1p(Math.exp(-Math.abs(z))) + Math.max(z, 0) - z * target;

const members: readonly (readonly [name: string, Criterion, ElementLoss, (z: number) => number])[] = [
  ["MSELoss", new MSELoss(), squares, (z) => -z / 3],
  ["BCEWithLogitsLoss", new BCEWithLogitsLoss(), logistic, (z) => (z > 1 ? 1 : 0)],
  [
    "BCEWithLogitsLoss with a weight of ones",
    new BCEWithLogitsLoss({ posWeight: 3 }),
    (z, target) => (target === 1 ? 3 : 1) * logistic(z, target),
    (z) => (z > 1 ? 1 : 0),
  ],
  [
    "HuberLoss",
    new HuberLoss({ delta: 2 }),
    (z, target) => (Math.abs(z - target) < 2 ? squares(z, target) / 2 : 2 * Math.abs(z - target) - 2),
    (z) => -z / 3,
  ],
  [
    "FocalLoss",
    new FocalLoss({ gamma: 1.5, alpha: 0.3 }),
    (z, target) => {
      const p = 1 / (1 + Math.exp(target === 1 ? -z : z));
      return -(target === 1 ? 0.3 : 0.7) * (1 - p) ** 1.5 * Math.log(p);
    },
    (z) => (z > 1 ? 1 : 0),
  ],
  [
    "a function of three parameters",
    createCriterion((output, _y, values) => tf.losses.meanSquaredError(values ?? output, output).asScalar()),
    squares,
    (z) => 2 * z + 1,
  ],
];

for (const [name, criterion, slow, makeTarget] of members) {
  describe(`${name} of targets that are numbers`, () => {
    const mean = (rows: Rows, targets: Rows) =>
      rows.flatMap((row, i) => row.map((z, j) => slow(z, targets[i]?.[j] ?? Number.NaN))).reduce((a, b) => a + b, 0) /
      rows.flat().length;

    test("evaluate() gives the slow loss and its central differences, whatever the class ids", async () => {
      await fc.assert(
        fc.asyncProperty(madeOutputs, async ({ rows }) => {
          const targets = rows.map((row) => row.toReversed().map(makeTarget));
          const none = new Int32Array(rows.length);
          const { loss, dOutput } = await criterion.evaluate(createOutput(rows), none, createOutput(targets));
          const wanted = mean(rows, targets);
          expect(Math.abs(loss - wanted)).toBeLessThan(1e-5 * (1 + wanted));
          const differences = differentiateSlowly((nudged) => mean(nudged, targets), rows);
          expect(measureDifference(dOutput, differences)).toBeLessThan(1e-4);
        }),
        { numRuns: 40 },
      );
    });

    test("createObjective() writes them as they are, with the weights of a mean", () => {
      const values = createOutput([
        [0.5, 1],
        [0, 1],
        [1, 0],
      ]);
      const [targets, weights] = [new Float32Array(6), new Float32Array(3)];
      criterion.createObjective?.(new Int32Array(3), 2, values).write(targets, weights);
      if (criterion.createObjective)
        expect([...targets, ...weights]).toEqual([...values.data, ...Array(3).fill(Math.fround(1 / 3))]);
    });
  });
}

describe("MSELoss of targets that are numbers", () => {
  test("refuses rows or columns that do not fit the outputs", () => {
    const values = createOutput([[1], [2]]);
    const outputs = createOutput([
      [1, 2],
      [3, 4],
    ]);
    const wanted = "the loss needs targets [2, 2] (rows, the model's outputs), got [2, 1]";
    expect(() => new MSELoss().evaluate(outputs, new Int32Array(2), values)).toThrow(wanted);
  });
});
