import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import { BCEWithLogitsLoss } from "../../../src/training/losses/bce_with_logits_loss.ts";
import { createClassMask } from "../../../src/training/losses/class_mask.ts";
import { CrossEntropyLoss } from "../../../src/training/losses/cross_entropy_loss.ts";
import {
  createOutput,
  differentiateSlowly,
  measureDifference,
  slowCrossEntropy,
} from "../../methods/shared/slow_losses.ts";

const ROWS = [
  [0.5, -1, 2, 0.25],
  [1.5, 0, -0.5, 3],
];
const Y = Int32Array.of(2, 0);
const classMask = (outputSize: number) => createClassMask([0, 2], outputSize);

describe("createClassMask()", () => {
  test("is 0 for the classes that are named and −1000 for the others, whatever they are", () => {
    fc.assert(
      fc.property(fc.uniqueArray(fc.nat(9), { minLength: 1 }), (classes) => {
        const mask = createClassMask(classes, 10);
        for (const [id, offset] of mask.entries()) expect(offset).toBe(classes.includes(id) ? 0 : -1000);
      }),
    );
  });

  test("refuses classes that have no output, and none at all", () => {
    for (const id of [-1, 4, 0.5, Number.NaN]) {
      expect(() => createClassMask([0, id], 4)).toThrow(
        `the class mask needs class ids below 4 (the model's outputs), got ${id}`,
      );
    }
    expect(() => createClassMask([], 4)).toThrow("at least one that competes");
  });
});

describe("CrossEntropyLoss with a class mask", () => {
  for (const labelSmoothing of [0, 0.3]) {
    test(`evaluate() is that of the competing columns alone, when smoothing is ${labelSmoothing}`, () => {
      const criterion = new CrossEntropyLoss({ labelSmoothing, classMask });
      const { loss, dOutput } = criterion.evaluate(createOutput(ROWS), Y);
      // Columns 0 and 2 become 0 and 1.
      const slow = (rows: readonly (readonly number[])[]) =>
        slowCrossEntropy(labelSmoothing)(
          rows.map((row) => [row[0] ?? 0, row[2] ?? 0]),
          [1, 0],
        );
      expect(loss).toBeCloseTo(slow(ROWS), 5);
      expect(measureDifference(dOutput, differentiateSlowly(slow, ROWS))).toBeLessThan(1e-5);
    });
  }

  test("createObjective() and evaluate() refuse labels that do not compete, and name those that do", () => {
    const criterion = new CrossEntropyLoss({ classMask });
    const refusal = "the loss needs a class id among 0, 2 (the mask's), got 3";
    const y = Int32Array.of(0, 3);
    expect(() => criterion.evaluate(createOutput(ROWS), y)).toThrow(refusal);
    const objective = criterion.createObjective(y, 4);
    expect(() => objective.write(new Float32Array(8), new Float32Array(2))).toThrow(refusal);
  });

  test("asks for the mask at every step, and does without where there is none", () => {
    let mask: Float32Array | undefined = createClassMask([0, 2], 4);
    const criterion = new CrossEntropyLoss({ classMask: () => mask });
    expect(criterion.createObjective(Y, 4).classMask).toEqual(mask);
    const masked = criterion.evaluate(createOutput(ROWS), Y).loss;
    mask = undefined;
    expect(criterion.createObjective(Y, 4).classMask).toBeUndefined();
    const plain = new CrossEntropyLoss().evaluate(createOutput(ROWS), Y).loss;
    expect(criterion.evaluate(createOutput(ROWS), Y).loss).toBe(plain);
    expect(masked).toBeLessThan(plain);
  });
});

describe("BCEWithLogitsLoss with a class mask", () => {
  test("evaluate() has no gradient, and next to no loss, of classes that do not compete", () => {
    const criterion = new BCEWithLogitsLoss({ classMask });
    const { loss, dOutput } = criterion.evaluate(createOutput(ROWS), Y);
    for (const i of [1, 3, 5, 7]) expect(dOutput[i]).toBe(0);
    const changed = ROWS.map((row) => row.map((value, c) => (c % 2 === 1 ? value + 7 : value)));
    expect(criterion.evaluate(createOutput(changed), Y).loss).toBe(loss);
  });
});
