import { describe, expect, test } from "bun:test";
import type { LastMetrics } from "firn";
import { trainReplayWithEWC } from "../../examples/combine_plugins.ts";
import { trainCumulatively } from "../../examples/custom_cumulative.ts";
import { trainWithCustomReplay } from "../../examples/custom_replay_plugin.ts";
import { trainWithEarlyStopping } from "../../examples/early_stopping.ts";
import { createModel } from "../../examples/my_model.ts";
import { createNaive } from "../../examples/strategy_instantiation.ts";
import { trainAndEvaluate } from "../../examples/train_and_evaluate.ts";

const SMALL = { examplesPerExperience: 400 };

function accuracyOf(metrics: LastMetrics | undefined): number {
  return Number(metrics?.["Top1_Acc_Stream/eval_phase/test_stream/Task000"]);
}

describe("examples, the training tutorial's snippets", () => {
  test("createNaive() makes a strategy with the tutorial's sizes", async () => {
    await using strategy = createNaive();
    expect([strategy.trainMbSize, strategy.trainEpochs, strategy.evalMbSize]).toEqual([100, 4, 100]);
    expect(strategy.model.countParams()).toBe(407_050);
  });

  test("trainAndEvaluate() evaluates after each of five experiences and forgets, as naive training does", async () => {
    const results = await trainAndEvaluate(SMALL);
    expect(results).toHaveLength(5);
    expect(accuracyOf(results[4])).toBeLessThan(0.4);
    expect(accuracyOf(results[4])).toBeGreaterThan(0.1);
  });

  test("trainWithEarlyStopping() ends with an accuracy", async () => {
    expect(accuracyOf(await trainWithEarlyStopping({ examplesPerExperience: 200 }))).toBeGreaterThan(0.1);
  });

  test("trainReplayWithEWC() combines two plugins", async () => {
    expect(accuracyOf(await trainReplayWithEWC(SMALL))).toBeGreaterThan(0.15);
  });

  test("trainWithCustomReplay() remembers more than it forgets", async () => {
    expect(accuracyOf(await trainWithCustomReplay(SMALL))).toBeGreaterThan(0.5);
  });

  test("trainCumulatively() learns all classes", async () => {
    expect(accuracyOf(await trainCumulatively(SMALL))).toBeGreaterThan(0.6);
  });

  test("createModel() builds what the command line asks for", () => {
    const model = createModel({ inputShape: [28, 28, 1], numClasses: 10, seed: 0 });
    expect(model.outputs[0]?.shape).toEqual([null, 10]);
  });
});
