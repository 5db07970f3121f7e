import { describe, expect, test } from "bun:test";
import * as tf from "@tensorflow/tfjs";
import { Naive } from "../../../src/methods/naive/naive.ts";
import { mlp } from "../../../src/models/simple_mlp.ts";
import type { StrategyOptions } from "../../../src/training/loop/strategy_options.ts";
import { BCEWithLogitsLoss } from "../../../src/training/losses/bce_with_logits_loss.ts";
import { CrossEntropyLoss } from "../../../src/training/losses/cross_entropy_loss.ts";
import { MSELoss } from "../../../src/training/losses/regression_losses.ts";
import { SMALL_MLP } from "../../support/made_cluster.ts";
import { makeTargetBenchmark } from "../../support/made_targets.ts";
import { makeBenchmark, makeOptions, withStrategy } from "./made_strategy.ts";

const make = (criterion: StrategyOptions["criterion"], numClasses = 2) =>
  new Naive(
    makeOptions({ model: mlp({ ...SMALL_MLP, numClasses }), ...(criterion === undefined ? {} : { criterion }) }),
  );

describe("assertTargets()", () => {
  const values = makeTargetBenchmark();
  const labels = makeTargetBenchmark({ kind: "labels" });
  const twoParameters = (output: tf.Tensor2D) => output.mean().asScalar();

  test("has a strategy refuse targets that its criterion does not take, before anything is trained or evaluated", async () => {
    const refused = [
      [undefined, values, 'the stream "train" has 2 values a sample as targets, and CrossEntropyLoss takes class ids'],
      [new CrossEntropyLoss(), labels, "has 2 labels a sample as targets, and CrossEntropyLoss takes class ids"],
      [new BCEWithLogitsLoss(), values, "and BCEWithLogitsLoss takes class ids or several labels a sample"],
      [twoParameters, values, "and the criterion takes class ids"],
      [{ evaluate: () => ({ loss: 0, dOutput: new Float32Array(0) }) }, values, "and the criterion takes class ids"],
    ] as const;
    for (const [criterion, { trainStream, testStream }, message] of refused) {
      await withStrategy(make(criterion), async (strategy) => {
        await expect(strategy.train(trainStream)).rejects.toThrow(message);
        expect(strategy.clock.trainIterations).toBe(0);
        const inEvaluation = message.replace('"train"', '"test"');
        await expect(strategy.eval(testStream)).rejects.toThrow(inEvaluation);
      });
    }
  });

  test("has a strategy refuse a model with other than one output a target", async () => {
    await withStrategy(make(new MSELoss(), 3), async (strategy) => {
      const message = 'the stream "train" has 2 values a sample, one an output, and the model has 3 outputs';
      await expect(strategy.train(values.trainStream)).rejects.toThrow(message);
    });
  });

  test("lets class ids through wherever they are taken, and numbers where a criterion says so", async () => {
    const threeParameters = (output: tf.Tensor2D, _y: tf.Tensor1D, given?: tf.Tensor2D) =>
      tf.losses.meanSquaredError(given ?? output, output).asScalar();
    const admitted = [
      [new MSELoss(), values],
      [new MSELoss(), labels],
      [new BCEWithLogitsLoss(), labels],
      [threeParameters, values],
      [new MSELoss(), makeBenchmark()],
      [new BCEWithLogitsLoss(), makeBenchmark()],
    ] as const;
    for (const [criterion, benchmark] of admitted) {
      await withStrategy(make(criterion, benchmark.numClasses === 4 ? 4 : 2), async (strategy) => {
        await strategy.train(benchmark.trainStream);
        expect(strategy.clock.trainExpCounter).toBe(2);
      });
    }
  });
});
