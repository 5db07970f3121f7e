import { describe, expect, test } from "bun:test";
import { type LRSchedulerOptions, LRSchedulerPlugin } from "../../../src/methods/lr_scheduler/lr_scheduler_plugin.ts";
import { ReduceLROnPlateauPlugin } from "../../../src/methods/lr_scheduler/reduce_lr_on_plateau_plugin.ts";
import { Naive } from "../../../src/methods/naive/naive.ts";
import { SGD } from "../../../src/optimizers/sgd.ts";
import { createListener } from "../../training/loop/callback_recorder.ts";
import { makeBenchmark, makeOptions, withStrategy } from "../../training/loop/made_strategy.ts";
import { measureDifference } from "../shared/slow_losses.ts";

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
    ["after a warm-up", { warmUp: { steps: 1, start: 0.25 } }, [2, 2, 8, 8, 4, 4, 2, 2, 8, 8, 4, 4]],
  ] as const) {
    test(`sets the learning rate ${name}`, async () => {
      expect(await listRates({ schedule: halving, ...options })).toEqual([...wanted]);
    });
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
    const plugins = [new LRSchedulerPlugin({ schedule: halving }), new ReduceLROnPlateauPlugin()];
    expect(() => new Naive(makeOptions({ plugins }))).toThrow('sets the learning rate, got "ReduceLROnPlateauPlugin"');
  });
});

describe("ReduceLROnPlateauPlugin", () => {
  /** Trains an experience an entry, one minibatch an epoch, with these losses, and gives the rate after each epoch. */
  async function listRatesFor(losses: readonly (readonly number[])[], plugin: ReduceLROnPlateauPlugin) {
    const rates: number[] = [];
    const scripting = createListener(["afterTrainingIteration"], (_, strategy) => {
      strategy.loss = losses[strategy.clock.trainExpCounter]?.[strategy.clock.trainExpEpochs] ?? 0;
    });
    const noting = createListener(["afterTrainingEpoch"], (_, s) => void rates.push(s.optimizer.learningRate));
    const trainEpochs = losses[0]?.length ?? 0;
    const plugins = [scripting, plugin, noting];
    const optimizer = new SGD({ learningRate: 0.8 });
    const strategy = new Naive(makeOptions({ optimizer, plugins, trainEpochs, trainMbSize: 64 }));
    await withStrategy(strategy, () => strategy.train(benchmark.trainStream.slice(0, losses.length)));
    return rates;
  }

  test("lowers the rate after more than `patience` losses that are no better, and counts anew then", async () => {
    const losses = [[5, 4, 4, 4, 3.99999, 4, 4, 4, 3]];
    const plugin = new ReduceLROnPlateauPlugin({ factor: 0.5, patience: 1, minimum: 0.15 });
    const wanted = [0.8, 0.8, 0.8, 0.4, 0.4, 0.2, 0.2, 0.15, 0.15];
    expect(measureDifference(await listRatesFor(losses, plugin), wanted)).toBeLessThan(1e-12);
  });

  test("begins anew with each experience, or not", async () => {
    const losses = [
      [1, 1, 1],
      [2, 1.9, 1.8],
    ];
    const anew = await listRatesFor(losses, new ReduceLROnPlateauPlugin({ factor: 0.5, patience: 0 }));
    expect(measureDifference(anew, [0.8, 0.4, 0.2, 0.8, 0.8, 0.8])).toBeLessThan(1e-12);
    const on = new ReduceLROnPlateauPlugin({ factor: 0.5, patience: 0, resetScheduler: false });
    expect(measureDifference(await listRatesFor(losses, on), [0.8, 0.4, 0.2, 0.1, 0.05, 0.025])).toBeLessThan(1e-12);
  });

  test("weighs the minibatches of an epoch by their samples, and an evaluation's too", async () => {
    const seen: number[] = [];
    const wanted: number[] = [];
    for (const metric of ["train-loss", "val-loss"] as const) {
      const plugin = new ReduceLROnPlateauPlugin({ metric, patience: 0, threshold: 0, factor: 0.5 });
      let [sum, count, best, rate] = [0, 0, Number.POSITIVE_INFINITY, 0.1];
      const [add, judge] =
        metric === "train-loss"
          ? (["afterTrainingIteration", "afterTrainingEpoch"] as const)
          : (["afterEvalIteration", "afterEval"] as const);
      const following = createListener([add, judge], (callback, { loss, mbatch, clock, optimizer }) => {
        if (callback === add) {
          sum += loss * mbatch.length;
          count += mbatch.length;
          return;
        }
        // Evaluation before training and after it is nobody's step.
        if (metric === "train-loss" || (clock.trainExpIterations > 0 && clock.trainExpEpochs < 6)) {
          if (sum / count >= best) rate /= 2;
          else best = sum / count;
          seen.push(optimizer.learningRate);
          wanted.push(rate);
        }
        [sum, count] = [0, 0];
      });
      const options = { plugins: [plugin, following], trainEpochs: 6, evalEvery: 1, trainMbSize: 12, evalMbSize: 5 };
      const strategy = new Naive(makeOptions(options));
      await withStrategy(strategy, () => strategy.train(benchmark.trainStream.at(0)));
    }
    expect(seen.length).toBeGreaterThanOrEqual(12);
    expect(measureDifference(seen, wanted)).toBeLessThan(1e-12);
  });

  test("ReduceLROnPlateauPlugin() refuses options out of range, Naive() to watch what is not evaluated", () => {
    expect(() => new ReduceLROnPlateauPlugin({ factor: 1 })).toThrow("factor");
    expect(() => new ReduceLROnPlateauPlugin({ patience: -1 })).toThrow("patience");
    expect(() => new ReduceLROnPlateauPlugin({ threshold: 2 })).toThrow("threshold");
    expect(() => new ReduceLROnPlateauPlugin({ minimum: -1 })).toThrow("minimum");
    expect(() => Reflect.construct(ReduceLROnPlateauPlugin, [{ metric: "loss" }])).toThrow(
      'ReduceLROnPlateauPlugin: metric must be "train-loss" or "val-loss", got "loss"',
    );
    const plugins = [new ReduceLROnPlateauPlugin({ metric: "val-loss" })];
    expect(() => new Naive(makeOptions({ plugins }))).toThrow("evalEvery of at least 1");
  });
});
