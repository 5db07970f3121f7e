import { describe, expect, test } from "bun:test";
import { Naive } from "../../../src/methods/naive/naive.ts";
import { mlp } from "../../../src/models/simple_mlp.ts";
import { BCEWithLogitsLoss } from "../../../src/training/losses/bce_with_logits_loss.ts";
import { createClassMask } from "../../../src/training/losses/class_mask.ts";
import type { Criterion } from "../../../src/training/losses/criterion.ts";
import { CrossEntropyLoss } from "../../../src/training/losses/cross_entropy_loss.ts";
import { FocalLoss } from "../../../src/training/losses/focal_loss.ts";
import { HuberLoss, MSELoss } from "../../../src/training/losses/regression_losses.ts";
import { SMALL_MLP } from "../../support/made_cluster.ts";
import { makeBenchmark, makeOptions, withStrategy } from "../loop/made_strategy.ts";

/** Trains with a criterion on a head that grows, or on one that does not. */
async function train(criterion: Criterion, incremental: boolean): Promise<void> {
  const model = mlp({ ...SMALL_MLP, incremental });
  await withStrategy(new Naive(makeOptions({ model, criterion })), async (strategy) => {
    await strategy.train(makeBenchmark().trainStream);
  });
}

describe("refuseGrowingHead()", () => {
  const refused: readonly (readonly [string, Criterion])[] = [
    ["MSELoss", new MSELoss()],
    ["HuberLoss", new HuberLoss()],
    ["BCEWithLogitsLoss", new BCEWithLogitsLoss()],
    ["FocalLoss in its sigmoid form", new FocalLoss({ form: "sigmoid" })],
    ["labelSmoothing", new CrossEntropyLoss({ labelSmoothing: 0.1 })],
  ];
  for (const [name, criterion] of refused) {
    test(`refuses ${name} for a head that grows, before anything is trained, and no other head`, async () => {
      await expect(train(criterion, true)).rejects.toThrow(`${name} counts every output, and a head that grows`);
      await train(criterion, false);
    });
  }

  test("lets pass what compares classes that compete", async () => {
    await train(new CrossEntropyLoss({ classWeights: "balanced" }), true);
    await train(new FocalLoss(), true);
    const classMask = (outputSize: number) => createClassMask(Array(outputSize).keys(), outputSize);
    await train(new CrossEntropyLoss({ labelSmoothing: 0.1, classMask }), true);
  });
});
