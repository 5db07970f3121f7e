import { describe, expect, test } from "bun:test";
import * as tf from "@tensorflow/tfjs";
import fc from "fast-check";
import { differentiateOnOutput, type LossTerm } from "../../../src/training/losses/loss_terms.ts";
import { madeOutputs } from "../../methods/shared/made_outputs.ts";
import { createOutput, differentiateSlowly, measureDifference, type Rows } from "../../methods/shared/slow_losses.ts";

// Without this, the first tensor of a process prints an advertisement.
tf.enableProdMode();

/** Terms of TF.js, each with the same in plain numbers. */
const terms: Record<string, { readonly term: LossTerm; readonly slow: (rows: Rows) => number }> = {
  "a scaled sum of squares": {
    term: (output) => output.square().sum().mul(0.25).asScalar(),
    slow: (rows) => 0.25 * rows.flat().reduce((sum, z) => sum + z ** 2, 0),
  },
  "the mean log-sum-exp": {
    term: (output) => output.logSumExp(1).mean().asScalar(),
    slow: (rows) =>
      rows.reduce((sum, row) => sum + Math.log(row.reduce((total, z) => total + Math.exp(z), 0)), 0) / rows.length,
  },
  "a term of the first column alone": {
    term: (output) => output.slice([0, 0], [-1, 1]).tanh().sum().asScalar(),
    slow: (rows) => rows.reduce((sum, [z = 0]) => sum + Math.tanh(z), 0),
  },
};

describe("differentiateOnOutput()", () => {
  for (const [name, { term, slow }] of Object.entries(terms)) {
    test(`gives the value and the central differences of ${name}`, () => {
      fc.assert(
        fc.property(madeOutputs, ({ rows }) => {
          const { loss, dOutput } = differentiateOnOutput(createOutput(rows), term);
          const wanted = slow(rows);
          expect(Math.abs(loss - wanted)).toBeLessThan(1e-5 * (1 + Math.abs(wanted)));
          expect(measureDifference(dOutput, differentiateSlowly(slow, rows))).toBeLessThan(1e-4);
        }),
        { numRuns: 30 },
      );
    });
  }

  test("leaves the output as it was and no tensor behind, whatever the term does", () => {
    const output = createOutput([[1, 2, 3]]);
    const before = tf.memory().numTensors;
    // What dataSync() gives is the tensor's own memory.
    const overwriting: LossTerm = (x) => {
      x.dataSync().fill(9);
      return x.mul(2).sum().asScalar();
    };
    for (let i = 0; i < 3; i++) differentiateOnOutput(output, overwriting);
    expect(tf.memory().numTensors).toBe(before);
    expect([...output.data]).toEqual([1, 2, 3]);
  });

  test("refuses a term that is no scalar, and leaves no tensor behind then", () => {
    const before = tf.memory().numTensors;
    const term: (output: tf.Tensor2D) => tf.Tensor = (output) => output.mul(2);
    // The compiler refuses it, too: what a program without types can do is tried here.
    expect(() => Reflect.apply(differentiateOnOutput, undefined, [createOutput([[1, 2]]), term])).toThrow(
      'a loss term needs a scalar, got "a tensor of shape [1,2]"',
    );
    expect(tf.memory().numTensors).toBe(before);
  });

  test("refuses a term that the output does not enter", () => {
    expect(() => differentiateOnOutput(createOutput([[1, 2]]), () => tf.scalar(1))).toThrow("Cannot compute gradient");
  });
});
