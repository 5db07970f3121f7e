import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import { BCEWithLogitsLoss } from "../../../src/training/losses/bce_with_logits_loss.ts";
import { writeOneHot } from "../../../src/training/losses/class_targets.ts";
import type { Criterion } from "../../../src/training/losses/criterion.ts";
import { CrossEntropyLoss } from "../../../src/training/losses/cross_entropy_loss.ts";
import { FocalLoss } from "../../../src/training/losses/focal_loss.ts";
import { HuberLoss, MSELoss } from "../../../src/training/losses/regression_losses.ts";
import { madeOutputs } from "../../methods/shared/made_outputs.ts";
import {
  createOutput,
  differentiateSlowly,
  measureDifference,
  type SlowLoss,
  slowBinaryCrossEntropy,
  slowBinaryFocal,
  slowCrossEntropy,
  slowFocal,
  slowHuber,
  slowMSE,
} from "../../methods/shared/slow_losses.ts";

const members: readonly (readonly [name: string, criterion: Criterion, slow: SlowLoss])[] = [
  ["CrossEntropyLoss", new CrossEntropyLoss(), slowCrossEntropy(0)],
  ["CrossEntropyLoss with smoothing 0.3", new CrossEntropyLoss({ labelSmoothing: 0.3 }), slowCrossEntropy(0.3)],
  ["CrossEntropyLoss with smoothing 1", new CrossEntropyLoss({ labelSmoothing: 1 }), slowCrossEntropy(1)],
  ["BCEWithLogitsLoss", new BCEWithLogitsLoss(), slowBinaryCrossEntropy],
  ["MSELoss", new MSELoss(), slowMSE],
  // Made errors are eighths: none is δ, where central differences miss the slope.
  ["HuberLoss with δ = 0.7", new HuberLoss({ delta: 0.7 }), slowHuber(0.7)],
  ["HuberLoss with δ = 3.3", new HuberLoss({ delta: 3.3 }), slowHuber(3.3)],
  ["FocalLoss", new FocalLoss(), slowFocal(2)],
  ["FocalLoss with γ = 0.5", new FocalLoss({ gamma: 0.5 }), slowFocal(0.5)],
  ["FocalLoss with γ = 0", new FocalLoss({ gamma: 0 }), slowCrossEntropy(0)],
  ["FocalLoss of sigmoids", new FocalLoss({ form: "sigmoid", gamma: 3 }), slowBinaryFocal(3)],
  ["FocalLoss of sigmoids with γ = 0", new FocalLoss({ form: "sigmoid", gamma: 0 }), slowBinaryCrossEntropy],
];

for (const [name, criterion, slow] of members) {
  describe(name, () => {
    test("evaluate() gives the slow loss, and its central differences as dOutput", async () => {
      await fc.assert(
        fc.asyncProperty(madeOutputs, async ({ rows, y }) => {
          const { loss, dOutput } = await criterion.evaluate(createOutput(rows), Int32Array.from(y));
          const wanted = slow(rows, y);
          expect(Math.abs(loss - wanted)).toBeLessThan(1e-6 * (1 + wanted));
          const differences = differentiateSlowly((nudged) => slow(nudged, y), rows);
          expect(measureDifference(dOutput, differences)).toBeLessThan(1e-5);
        }),
      );
    });

    test("evaluate() gives each sample's own loss", async () => {
      await fc.assert(
        fc.asyncProperty(madeOutputs, async ({ rows, y }) => {
          const { losses = [] } = await criterion.evaluate(createOutput(rows), Int32Array.from(y));
          const wanted = rows.map((row, i) => slow([row], y.slice(i, i + 1)));
          expect(measureDifference(losses, wanted)).toBeLessThan(1e-6 * (1 + Math.max(...wanted)));
        }),
      );
    });

    test("evaluate() leaves its arguments as they were", async () => {
      const output = createOutput([[0.5, -1]]);
      const y = Int32Array.of(1);
      await criterion.evaluate(output, y);
      expect([...output.data, ...y]).toEqual([0.5, -1, 1]);
    });

    test("createObjective() writes targets that sum to one and the weights of a mean", () => {
      const y = Int32Array.of(2, 0);
      const [targets, weights] = [new Float32Array(6).fill(9), new Float32Array(2).fill(9)];
      criterion.createObjective?.(y, 3).write(targets, weights);
      expect([...weights]).toEqual([0.5, 0.5]);
      for (const row of [0, 1]) {
        const sum = targets.subarray(3 * row, 3 * row + 3).reduce((total, value) => total + value, 0);
        expect(sum).toBeCloseTo(1, 6);
      }
    });

    test("evaluate() and createObjective() refuse class ids that have no output", () => {
      for (const label of [-1, 2, 100]) {
        const refusal = `the loss needs class ids below 2 (the model's outputs), got ${label}`;
        const y = Int32Array.of(1, label);
        const output = createOutput([
          [0, 0],
          [0, 0],
        ]);
        expect(() => criterion.evaluate(output, y)).toThrow(refusal);
        const objective = criterion.createObjective?.(y, 2);
        expect(() => objective?.write(new Float32Array(4), new Float32Array(2))).toThrow(RangeError);
      }
    });
  });
}

describe("CrossEntropyLoss", () => {
  test("evaluate() stays finite, where exp() of the logits does not", () => {
    const { loss, dOutput } = new CrossEntropyLoss().evaluate(createOutput([[2e4, -2e4, 0]]), Int32Array.of(1));
    expect(loss).toBeCloseTo(4e4, 2);
    expect([...dOutput]).toEqual([1, -1, 0]);
  });

  test("evaluate() is NaN or infinite where a logit is, so that a step can be refused", () => {
    for (const logit of [Number.NaN, Number.POSITIVE_INFINITY]) {
      const { loss } = new CrossEntropyLoss().evaluate(createOutput([[0, logit]]), Int32Array.of(0));
      expect(Number.isFinite(loss)).toBe(false);
    }
  });

  test("CrossEntropyLoss() refuses a smoothing outside 0 to 1", () => {
    for (const [labelSmoothing, wanted] of [
      [-0.1, "from 0 to 1, got -0.1"],
      [1.1, "from 0 to 1, got 1.1"],
      [Number.NaN, "a number, got NaN"],
    ] as const) {
      const message = `CrossEntropyLoss: labelSmoothing must be ${wanted}`;
      expect(() => new CrossEntropyLoss({ labelSmoothing })).toThrow(message);
    }
  });
});

describe("writeOneHot()", () => {
  test("fills rows with the true class at 1 − ε + ε/C and the others at ε/C", () => {
    const targets = new Float32Array(8);
    writeOneHot(Int32Array.of(3, 0), targets, { outputSize: 4, labelSmoothing: 0.5 });
    expect([...targets]).toEqual([0.125, 0.125, 0.125, 0.625, 0.625, 0.125, 0.125, 0.125]);
  });
});
