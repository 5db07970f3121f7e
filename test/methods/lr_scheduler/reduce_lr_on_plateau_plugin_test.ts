import { describe, expect, test } from "bun:test";
import { ReduceLROnPlateauPlugin } from "../../../src/methods/lr_scheduler/reduce_lr_on_plateau_plugin.ts";
import { Naive } from "../../../src/methods/naive/naive.ts";
import { SGD } from "../../../src/optimizers/sgd.ts";
import { createListener } from "../../training/loop/callback_recorder.ts";
import { makeBenchmark, makeOptions, withStrategy } from "../../training/loop/made_strategy.ts";
import { measureDifference } from "../shared/slow_losses.ts";

const benchmark = makeBenchmark({ samples: 64 });
const RULE = { factor: 0.5, patience: 0, threshold: 0 } as const;

/** PyTorch's ReduceLROnPlateau with these settings, of the mean of some losses. */
class SlowPlateau {
  rate: number;
  #best = Number.POSITIVE_INFINITY;
  #losses: number[] = [];

  constructor(rate: number) {
    this.rate = rate;
  }

  add(loss: number): void {
    this.#losses.push(loss);
  }

  forget(): void {
    this.#best = Number.POSITIVE_INFINITY;
  }

  judge(isWatched: boolean): void {
    const mean = this.#losses.reduce((sum, loss) => sum + loss, 0) / this.#losses.length;
    this.#losses = [];
    if (!isWatched) return;
    if (mean < this.#best) this.#best = mean;
    else this.rate *= RULE.factor;
  }
}

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

  for (const resetScheduler of [true, false]) {
    for (const resetLearningRate of [true, false]) {
      for (const granularity of ["epoch", "iteration"] as const) {
        for (const firstEpochOnly of [true, false]) {
          for (const firstExperienceOnly of [true, false]) {
            const options = { resetScheduler, resetLearningRate, granularity, firstEpochOnly, firstExperienceOnly };
            const chosen = Object.values(options).join(" ");
            test(`has the learning rates of a plain loop for resets, granularity and limits ${chosen}`, async () => {
              // Two minibatches an epoch, three epochs, two experiences.
              const losses = [5, 4, 4, 6, 3, 7, 8, 8, 2, 3, 2, 2];
              const plain = new SlowPlateau(0.8);
              const wanted: number[] = [];
              for (const [i, loss] of losses.entries()) {
                if (i === 6 && resetLearningRate) plain.rate = 0.8;
                if (i === 6 && resetScheduler) plain.forget();
                plain.add(loss);
                const isEnd = i % 2 === 1;
                const isWatched = !(firstEpochOnly && i % 6 > 1) && !(firstExperienceOnly && i > 5);
                if (granularity === "iteration" || isEnd) plain.judge(isWatched);
                wanted.push(plain.rate);
              }
              const rates: number[] = [];
              const scripting = createListener(["afterTrainingIteration"], (_, strategy) => {
                strategy.loss = losses[strategy.clock.trainIterations] ?? 0;
              });
              const noting = createListener(["afterTrainingIteration", "afterTrainingEpoch"], (callback, strategy) => {
                if (callback === "afterTrainingEpoch") rates.pop();
                rates.push(strategy.optimizer.learningRate);
              });
              const plugins = [scripting, new ReduceLROnPlateauPlugin({ ...options, ...RULE }), noting];
              const optimizer = new SGD({ learningRate: 0.8 });
              const strategy = new Naive(makeOptions({ optimizer, plugins, trainEpochs: 3 }));
              await withStrategy(strategy, () => strategy.train(benchmark.trainStream));
              expect(rates).toEqual(wanted);
            });
          }
        }
      }
    }
  }

  test("lowers the learning rate of each group, and leaves one below the minimum as it is", async () => {
    const plugin = new ReduceLROnPlateauPlugin({ factor: 0.5, patience: 0, minimum: 0.1, resetScheduler: false });
    const groups = [
      { parameters: "fc0/bias", learningRate: 0 },
      { parameters: "classifier", learningRate: 0.15 },
    ];
    const optimizer = new SGD({ learningRate: 0.8, groups });
    const scripting = createListener(["afterTrainingIteration"], (_, strategy) => {
      strategy.loss = 1;
    });
    const given = makeOptions({ optimizer, plugins: [scripting, plugin], trainEpochs: 3, trainMbSize: 64 });
    await withStrategy(new Naive(given), (strategy) => strategy.train(benchmark.trainStream.at(0)));
    expect([optimizer.learningRate, ...optimizer.groups.map((group) => group.learningRate)]).toEqual([0.2, 0, 0.1]);
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
    expect(() => new ReduceLROnPlateauPlugin({ metric: "val-loss", granularity: "iteration" })).toThrow(
      'ReduceLROnPlateauPlugin: granularity requires metric "train-loss", got "val-loss"',
    );
    const plugins = [new ReduceLROnPlateauPlugin({ metric: "val-loss" })];
    expect(() => new Naive(makeOptions({ plugins }))).toThrow("evalEvery of at least 1");
  });
});
