import { describe, expect, test } from "bun:test";
import { BCEWithLogitsLoss } from "../../../src/training/losses/bce_with_logits_loss.ts";
import { createClassMask } from "../../../src/training/losses/class_mask.ts";
import {
  CRITERIA,
  createNamedCriterion,
  DEFAULT_CRITERION,
  nameCriterion,
} from "../../../src/training/losses/criteria.ts";
import { CrossEntropyLoss } from "../../../src/training/losses/cross_entropy_loss.ts";
import { FocalLoss } from "../../../src/training/losses/focal_loss.ts";
import { HuberLoss, MSELoss } from "../../../src/training/losses/regression_losses.ts";

describe("nameCriterion()", () => {
  test("names every criterion of the library with its options, from which another is made", () => {
    const made = [
      new CrossEntropyLoss({ classWeights: [1, 2], labelSmoothing: 0.1 }),
      new CrossEntropyLoss({ classWeights: "balanced" }),
      new BCEWithLogitsLoss({ posWeight: 3 }),
      new MSELoss(),
      new HuberLoss({ delta: 2 }),
      new FocalLoss({ gamma: 1, alpha: [0.5, 2] }),
    ];
    const choices = made.map(nameCriterion);
    expect(choices).toEqual([
      { name: "cross-entropy", options: { classWeights: [1, 2], labelSmoothing: 0.1 } },
      { name: "cross-entropy", options: { classWeights: "balanced", labelSmoothing: 0 } },
      { name: "bce", options: { posWeight: 3 } },
      { name: "mse", options: {} },
      { name: "huber", options: { delta: 2 } },
      { name: "focal", options: { gamma: 1, alpha: [0.5, 2] } },
    ]);
    expect(new Set(choices.map((choice) => choice?.name))).toEqual(new Set(CRITERIA.map(({ name }) => name)));
    for (const [i, choice] of choices.entries()) {
      if (!choice) throw new Error("it has a name");
      const again = createNamedCriterion(choice);
      expect(again.constructor.name).toBe(made[i]?.constructor.name ?? "");
      expect(nameCriterion(again)).toEqual(choice);
    }
    expect(nameCriterion(new CrossEntropyLoss())).toEqual(DEFAULT_CRITERION);
  });

  test("names nothing that a name and plain options do not make again", () => {
    class Mine extends CrossEntropyLoss {}
    const classMask = (size: number) => createClassMask([0], size);
    const others = [
      new Mine(),
      new CrossEntropyLoss({ classMask }),
      { evaluate: () => ({ loss: 0, dOutput: new Float32Array(0) }) },
    ];
    expect(others.map(nameCriterion)).toEqual([undefined, undefined, undefined]);
    expect(nameCriterion((output) => output.mean().asScalar())).toBeUndefined();
  });
});

describe("createNamedCriterion()", () => {
  test("refuses other names and options", () => {
    const make = (name: string, options: object) => () => createNamedCriterion({ name, options: { ...options } });
    expect(make("focla", {})).toThrow('unknown criterion "focla", did you mean focal?');
    expect(make("focal", { gamma: -1 })).toThrow("FocalLoss: gamma must be at least 0, got -1");
    expect(make("mse", { delta: 1 })).toThrow('MSELoss: unknown option "delta"; there are none');
  });
});
