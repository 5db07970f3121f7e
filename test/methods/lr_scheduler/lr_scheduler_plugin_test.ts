import { describe, expect, test } from "bun:test";
import { type LRSchedulerOptions, LRSchedulerPlugin } from "../../../src/methods/lr_scheduler/lr_scheduler_plugin.ts";
import { ReduceLROnPlateauPlugin } from "../../../src/methods/lr_scheduler/reduce_lr_on_plateau_plugin.ts";
import { Naive } from "../../../src/methods/naive/naive.ts";
import { SGD } from "../../../src/optimizers/sgd.ts";
import { createListener } from "../../training/loop/callback_recorder.ts";
import { makeBenchmark, makeOptions, withStrategy } from "../../training/loop/made_strategy.ts";

const benchmark = makeBenchmark({ samples: 64 });

/** The learning rate of every iteration: 2 experiences of 3 epochs of 2 iterations, from 8. */
async function listRates(options: LRSchedulerOptions): Promise<number[]> {
  const rates: number[] = [];
  const noting = createListener(["beforeForward"], (_, { optimizer }) => void rates.push(optimizer.learningRate));
  const optimizer = new SGD({ learningRate: 8 });
  const given = makeOptions({ optimizer, trainEpochs: 3, plugins: [new LRSchedulerPlugin(options), noting] });
  // Losses grow without bounds at this rate, but for this criterion.
  const strategy = new Naive({ ...given, criterion: (output) => output.sum().mul(0).asScalar() });
  await withStrategy(strategy, () => strategy.train(benchmark.trainStream));
  return rates;
}

describe("LRSchedulerPlugin", () => {
  const halving = { kind: "exponential", gamma: 0.5 } as const;
  for (const [name, options, wanted] of [
    ["epoch by epoch, anew in each experience", {}, [8, 8, 4, 4, 2, 2, 8, 8, 4, 4, 2, 2]],
    ["epoch by epoch, on and on", { resetScheduler: false }, [8, 8, 4, 4, 2, 2, 1, 1, 0.5, 0.5, 0.25, 0.25]],
    ["iteration by iteration", { granularity: "iteration" }, [8, 4, 2, 1, 0.5, 0.25, 8, 4, 2, 1, 0.5, 0.25]],
    ["in the first experience only", { firstExperienceOnly: true }, [8, 8, 4, 4, 2, 2, 8, 8, 8, 8, 8, 8]],
    [
      "in the first experience only, and goes on with the last one",
      { firstExperienceOnly: true, resetLearningRate: false },
      [8, 8, 4, 4, 2, 2, 1, 1, 1, 1, 1, 1],
    ],
    [
      "in the first epoch of each experience only",
      { firstEpochOnly: true, granularity: "iteration" },
      [8, 4, 2, 2, 2, 2, 8, 4, 2, 2, 2, 2],
    ],
    [
      "in the first epoch of the first experience only",
      { firstEpochOnly: true, firstExperienceOnly: true, granularity: "iteration" },
      [8, 4, 2, 2, 2, 2, 8, 8, 8, 8, 8, 8],
    ],
    ["after a warm-up", { warmUp: { steps: 1, start: 0.25 } }, [2, 2, 8, 8, 4, 4, 2, 2, 8, 8, 4, 4]],
  ] as const) {
    test(`sets the learning rate ${name}`, async () => {
      expect(await listRates({ schedule: halving, ...options })).toEqual([...wanted]);
    });
  }

  // The figures of a check in Avalanche 0.6, after each epoch: MultiStepLR from 4, halved at milestones, in two
  // experiences of three epochs.
  for (const [milestones, options, wanted] of [
    [
      [2, 3],
      [true, true],
      [4, 2, 1, 4, 2, 1],
    ],
    [
      [2, 3],
      [true, false],
      [4, 2, 1, 1, 0.5, 0.25],
    ],
    [
      [2, 3],
      [false, true],
      [4, 2, 1, 4, 4, 4],
    ],
    [
      [2, 3],
      [false, false],
      [4, 2, 1, 1, 1, 1],
    ],
    [
      [2, 3],
      [true, false, "exp"],
      [4, 2, 1, 1, 1, 1],
    ],
    [
      [2, 3],
      [true, false, "epoch"],
      [4, 4, 4, 4, 4, 4],
    ],
    [
      [1, 3],
      [true, false, "epoch"],
      [2, 2, 2, 1, 1, 1],
    ],
    [
      [1, 2],
      [false, false, "exp"],
      [2, 1, 1, 1, 1, 1],
    ],
    [
      [1, 2],
      [false, true, "exp"],
      [2, 1, 1, 4, 4, 4],
    ],
    [
      [1, 2],
      [false, true, "exp", "epoch"],
      [2, 2, 2, 4, 4, 4],
    ],
    [
      [2, 3],
      [false, true, "exp", "epoch"],
      [4, 4, 4, 4, 4, 4],
    ],
    [
      [1, 4],
      [false, true],
      [2, 2, 2, 2, 2, 2],
    ],
    [
      [3, 4],
      [true, true],
      [4, 4, 2, 4, 4, 2],
    ],
  ] as const) {
    const [resetScheduler, resetLearningRate, ...first] = options;
    for (const oneCall of [true, false]) {
      const calls = oneCall ? "one call" : "a call an experience";
      test(`has Avalanche's learning rates for milestones ${milestones} with ${options.join(" ")}, in ${calls}`, async () => {
        const rates: number[] = [];
        const noting = createListener(["afterTrainingEpoch"], (_, s) => void rates.push(s.optimizer.learningRate));
        const plugin = new LRSchedulerPlugin({
          schedule: { kind: "multi-step", milestones, gamma: 0.5 },
          resetScheduler,
          resetLearningRate,
          firstEpochOnly: first.some((which) => which === "epoch"),
          firstExperienceOnly: first.some((which) => which === "exp"),
        });
        const optimizer = new SGD({ learningRate: 4 });
        const given = makeOptions({ optimizer, trainEpochs: 3, trainMbSize: 64, plugins: [plugin, noting] });
        const strategy = new Naive({ ...given, criterion: (output) => output.sum().mul(0).asScalar() });
        await withStrategy(strategy, async () => {
          if (oneCall) await strategy.train(benchmark.trainStream);
          else for (const experience of benchmark.trainStream) await strategy.train(experience);
        });
        expect(rates).toEqual([...wanted]);
      });
    }
  }

  test("leaves the learning rate as it found it, and finds one that was changed in between", async () => {
    const optimizer = new SGD({ learningRate: 0.1 });
    const rates: number[] = [];
    const noting = createListener(["beforeForward"], () => void rates.push(optimizer.learningRate));
    const plugins = [new LRSchedulerPlugin({ schedule: halving }), noting];
    const strategy = new Naive(makeOptions({ optimizer, trainEpochs: 2, trainMbSize: 64, plugins }));
    await withStrategy(strategy, async () => {
      await strategy.train(benchmark.trainStream.at(0));
      expect(optimizer.learningRate).toBe(0.1);
      optimizer.learningRate = 0.4;
      await strategy.train(benchmark.trainStream.at(1));
    });
    expect(rates).toEqual([0.1, 0.05, 0.4, 0.2]);
  });

  test("leaves steps fused", async () => {
    const strategy = new Naive(makeOptions({ plugins: [new LRSchedulerPlugin({ schedule: halving })] }));
    await withStrategy(strategy, () => strategy.train(benchmark.trainStream));
    expect(strategy.plan).toEqual({ fused: true, updateWithReduction: true, reasons: [] });
  });

  test("LRSchedulerPlugin() refuses options out of range, Naive() a second scheduler", () => {
    expect(() => new LRSchedulerPlugin({ schedule: { kind: "step", stepSize: 0 } })).toThrow("stepSize");
    expect(() => Reflect.construct(LRSchedulerPlugin, [{ granularity: "epochs" }])).toThrow(
      'LRSchedulerPlugin: granularity must be "epoch" or "iteration", got "epochs"',
    );
    expect(() => Reflect.construct(LRSchedulerPlugin, [{ metric: "train-loss" }])).toThrow('unknown option "metric"');
    const plugins = [new LRSchedulerPlugin({ schedule: halving }), new ReduceLROnPlateauPlugin()];
    expect(() => new Naive(makeOptions({ plugins }))).toThrow('sets the learning rate, got "ReduceLROnPlateauPlugin"');
  });
});
