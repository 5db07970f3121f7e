import { describe, expect, test } from "bun:test";
import * as tf from "@tensorflow/tfjs";
import fc from "fast-check";
import { type CriterionFunction, createCriterion } from "../../../src/training/losses/criterion.ts";
import { CrossEntropyLoss } from "../../../src/training/losses/cross_entropy_loss.ts";
import { MSELoss } from "../../../src/training/losses/regression_losses.ts";
import { madeOutputs } from "../../methods/shared/made_outputs.ts";
import { createOutput, measureDifference } from "../../methods/shared/slow_losses.ts";

// Without this, the first tensor of a process prints an advertisement.
tf.enableProdMode();

const crossEntropy: CriterionFunction = (output, y) => {
  const targets = tf.oneHot(y, output.shape[1]);
  return tf.losses.softmaxCrossEntropy(targets, output).asScalar();
};

const meanSquaredError: CriterionFunction = (output, y) =>
  tf.losses.meanSquaredError(tf.oneHot(y, output.shape[1]), output).asScalar();

describe("createCriterion()", () => {
  for (const { name, fn, builtIn } of [
    { name: "cross-entropy", fn: crossEntropy, builtIn: new CrossEntropyLoss() },
    { name: "mean squared error", fn: meanSquaredError, builtIn: new MSELoss() },
  ]) {
    test(`of ${name} written with TF.js equals the built-in loss`, async () => {
      const criterion = createCriterion(fn);
      await fc.assert(
        fc.asyncProperty(madeOutputs, async ({ rows, y }) => {
          const [output, labels] = [createOutput(rows), Int32Array.from(y)];
          const made = await criterion.evaluate(output, labels);
          const wanted = builtIn.evaluate(output, labels);
          expect(Math.abs(made.loss - wanted.loss)).toBeLessThan(1e-5 * (1 + wanted.loss));
          expect(measureDifference(made.dOutput, wanted.dOutput)).toBeLessThan(1e-5);
        }),
        { numRuns: 30 },
      );
    });
  }

  test("gives a function no objective for the replicas' graph, and leaves a criterion as it is", () => {
    expect(createCriterion(crossEntropy).createObjective).toBeUndefined();
    const criterion = new MSELoss();
    expect(createCriterion(criterion)).toBe(criterion);
  });

  test("evaluate() hands the function copies and leaves no tensor behind", async () => {
    const output = createOutput([
      [1, 2],
      [3, 4],
    ]);
    const labels = Int32Array.of(0, 1);
    await createCriterion(crossEntropy).evaluate(output, labels);
    const before = tf.memory().numTensors;
    for (let i = 0; i < 5; i++) await createCriterion(crossEntropy).evaluate(output, labels);
    expect(tf.memory().numTensors).toBe(before);
    expect([...output.data, ...labels]).toEqual([1, 2, 3, 4, 0, 1]);
  });
});
