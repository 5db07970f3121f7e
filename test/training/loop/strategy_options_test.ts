import { describe, expect, test } from "bun:test";
import { EvaluationPlugin } from "../../../src/evaluation/evaluation_plugin.ts";
import { EWC } from "../../../src/methods/ewc/ewc_plugin.ts";
import { Naive } from "../../../src/methods/naive/naive.ts";
import { Replay } from "../../../src/methods/replay/replay_plugin.ts";
import { flattenWeights } from "../../../src/models/model_snapshot.ts";
import { resolveStrategyOptions } from "../../../src/training/loop/strategy_options.ts";
import { CrossEntropyLoss } from "../../../src/training/losses/cross_entropy_loss.ts";
import { makeOptions } from "./made_strategy.ts";

describe("strategy options", () => {
  test("are refused with a model that no vector can hold", () => {
    const options = makeOptions();
    // A kernel that says that it is so large takes no memory.
    Object.assign(options.model.trainableWeights[0] ?? {}, { shape: [2 ** 16, 2 ** 15] });
    expect(() => new Naive(options)).toThrow(
      "may have at most 1073741824 (4 GiB) parameters that are trained, got 21474",
    );
    expect(() => flattenWeights(options.model)).toThrow("may have at most 1073741824 (4 GiB) parameters");
  });

  test("have the documented defaults", () => {
    const { model, optimizer } = makeOptions();
    const strategy = new Naive({ model, optimizer });
    const { criterion, cluster, ...others } = strategy.options;
    expect(others).toEqual({
      trainMbSize: 128,
      trainEpochs: 1,
      dropLast: false,
      evalMbSize: 512,
      evalEvery: -1,
      evalMode: "epoch",
      seed: 0,
    });
    expect(criterion).toEqual(new CrossEntropyLoss());
    expect(cluster.workers).toBeGreaterThan(0);
    expect(cluster.logicalShards).toBe(cluster.workers);
    expect(strategy.evaluator).toBeInstanceOf(EvaluationPlugin);
    expect([strategy.model, strategy.optimizer]).toEqual([model, optimizer]);
  });

  test("of unknown names are refused with the nearest ones", () => {
    const wrong = { ...makeOptions(), trainMBSize: 10 };
    expect(() => new Naive(wrong)).toThrow(TypeError);
    expect(() => new Naive(wrong)).toThrow('Naive: unknown option "trainMBSize", did you mean trainMbSize?');
    expect(() => new Replay({ ...makeOptions(), ...{ memsize: 10 } })).toThrow(
      'Replay: unknown option "memsize", did you mean memSize?',
    );
    expect(() => new EWC({ ...makeOptions(), lambda: 1, ...{ decay: 10 } })).toThrow('unknown option "decay"');
  });

  test("of wrong values are refused with what was wanted", () => {
    for (const [options, wanted] of [
      [{ trainMbSize: 0 }, "Naive: trainMbSize must be at least 1, got 0"],
      [{ trainMbSize: 1.5 }, "Naive: trainMbSize must be a whole number, got 1.5"],
      [{ trainEpochs: -1 }, "Naive: trainEpochs must be at least 0, got -1"],
      [{ evalMbSize: Number.NaN }, "Naive: evalMbSize must be a whole number, got NaN"],
      [{ evalEvery: -2 }, "Naive: evalEvery must be at least -1, got -2"],
      [{ seed: -1 }, "Naive: seed must be at least 0, got -1"],
      [{ cluster: { workers: -1 } }, "cluster: workers must be from 0 to 256, got -1"],
      [{ cluster: { workers: 0, logicalShards: 0 } }, "cluster: logicalShards must be from 1 to 65536, got 0"],
      [{ cluster: { devices: ["gpu"] } }, "cpu, webgpu or cuda:NUMBER"],
    ] as const) {
      expect(() => new Naive(makeOptions(options))).toThrow(RangeError);
      expect(() => new Naive(makeOptions(options))).toThrow(wanted);
    }
  });

  test("of an unknown evalMode are refused, also where no compiler looks", () => {
    const options = Object.assign(makeOptions(), { evalMode: "epochs" });
    const refusal = 'Naive: evalMode must be "epoch" or "iteration", got "epochs"';
    expect(() => Reflect.apply(resolveStrategyOptions, undefined, ["Naive", options])).toThrow(refusal);
  });
});
