import { describe, expect, test } from "bun:test";
import { EvaluationPlugin } from "../../src/evaluation/evaluation_plugin.ts";
import { restrictTo, silenceMisfits } from "../../src/evaluation/fitting_metrics.ts";
import { accuracyMetrics } from "../../src/evaluation/metrics/accuracy/accuracy.ts";
import { macroF1ForgettingMetrics, macroF1Metrics } from "../../src/evaluation/metrics/labels/label_metrics.ts";
import { maeMetrics } from "../../src/evaluation/metrics/loss/regression_metrics.ts";
import { forgettingMetrics } from "../../src/evaluation/metrics/transfer/forgetting_metrics.ts";
import { Naive } from "../../src/methods/naive/naive.ts";
import { mlp } from "../../src/models/simple_mlp.ts";
import type { Benchmark } from "../../src/streams/experience.ts";
import { MSELoss } from "../../src/training/losses/regression_losses.ts";
import { SMALL_MLP } from "../support/made_cluster.ts";
import { makeTargetBenchmark } from "../support/made_targets.ts";
import { makeBenchmark, makeOptions, withStrategy } from "../training/loop/made_strategy.ts";

const OCCASIONS = { epoch: true, stream: true };

const createMetrics = () => [
  ...accuracyMetrics(OCCASIONS),
  ...forgettingMetrics({ stream: true }),
  ...macroF1Metrics(OCCASIONS),
  ...macroF1ForgettingMetrics({ stream: true }),
  ...restrictTo(["values"], maeMetrics(OCCASIONS)),
];

/** Trains on both experiences; the names of what was measured in training, and in the evaluation after it. */
async function measure({ trainStream, testStream }: Benchmark, numClasses: number) {
  const evaluator = new EvaluationPlugin({ metrics: silenceMisfits(createMetrics()) });
  const options = { model: mlp({ ...SMALL_MLP, numClasses }), criterion: new MSELoss(), evaluator };
  return withStrategy(new Naive(makeOptions(options)), async (strategy) => {
    const name = (metrics: object) => [...new Set(Object.keys(metrics).map((key) => key.split("/")[0]))];
    const trained = name(await strategy.train(trainStream));
    const evaluated = name(await strategy.eval(testStream));
    return { trained, evaluated, restored: () => evaluator.restore(evaluator.save()) };
  });
}

describe("silenceMisfits()", () => {
  test("has each metric report of its own targets alone, and forget nothing else", async () => {
    const classes = await measure(makeBenchmark(), 4);
    expect(classes.trained).toEqual(["Top1_Acc_Epoch"]);
    expect(classes.evaluated).toEqual(["Top1_Acc_Stream", "StreamForgetting"]);
    const values = await measure(makeTargetBenchmark(), 2);
    expect([values.trained, values.evaluated]).toEqual([["MAE_Epoch"], ["MAE_Stream"]]);
    const labels = await measure(makeTargetBenchmark({ kind: "labels" }), 2);
    expect(labels.trained).toEqual(["MacroF1_Epoch"]);
    expect(labels.evaluated).toEqual(["MacroF1_Stream", "StreamMacroF1Forgetting"]);
    for (const { restored } of [classes, values, labels]) restored();
  });

  test("is what saves an evaluator from being refused", async () => {
    const evaluator = new EvaluationPlugin({ metrics: createMetrics() });
    const options = { model: mlp({ ...SMALL_MLP, numClasses: 2 }), criterion: new MSELoss(), evaluator };
    await withStrategy(new Naive(makeOptions(options)), async (strategy) => {
      await expect(strategy.train(makeTargetBenchmark().trainStream)).rejects.toThrow(
        'the stream "train" has 2 values a sample as targets, and the metric Top1_Acc_Epoch is about class ids',
      );
    });
  });
});
