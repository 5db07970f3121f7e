import { describe, expect, test } from "bun:test";
import { Cumulative } from "../../../src/methods/cumulative/cumulative.ts";
import { TrainGeneratorAfterExpPlugin } from "../../../src/methods/generative_replay/train_generator_after_exp_plugin.ts";
import { VAETraining } from "../../../src/methods/generative_replay/vae_training.ts";
import { ICaRL } from "../../../src/methods/icarl/icarl_plugin.ts";
import { LatentReplayPlugin } from "../../../src/methods/latent_replay/latent_replay_plugin.ts";
import { Naive } from "../../../src/methods/naive/naive.ts";
import { Replay } from "../../../src/methods/replay/replay_plugin.ts";
import { mlpVAE } from "../../../src/models/mlp_vae.ts";
import { mlp } from "../../../src/models/simple_mlp.ts";
import { Adam } from "../../../src/optimizers/adam.ts";
import type { BaseStrategy } from "../../../src/training/loop/base_strategy.ts";
import type { StrategyOptions } from "../../../src/training/loop/strategy_options.ts";
import { expectResumable } from "../../methods/contract/resume_law.ts";
import { createListener } from "./callback_recorder.ts";
import { makeBenchmark, makeOptions, trainParameters, withStrategy } from "./made_strategy.ts";

/** Two experiences of 32 samples. */
const benchmark = makeBenchmark();
const { trainStream, testStream } = benchmark;

/** Notes the sizes of minibatches, those of an experience in one list. */
function createSizes(callback: "beforeTrainingIteration" | "beforeEvalIteration" = "beforeTrainingIteration") {
  const sizes: number[][] = [];
  const listener = createListener(["beforeTrainingExp", "beforeEvalExp", callback], (called, { mbatch }) => {
    if (called === callback) sizes.at(-1)?.push(mbatch.length);
    else sizes.push([]);
  });
  return { sizes, listener };
}

/** The sizes of minibatches in each experience, 12 new samples each, without a last, smaller one. */
async function listSizes(
  create: (options: StrategyOptions) => BaseStrategy,
  options: Partial<StrategyOptions> = {},
): Promise<number[][]> {
  const { sizes, listener } = createSizes();
  const strategy = create(makeOptions({ trainMbSize: 12, dropLast: true, ...options, plugins: [listener] }));
  await withStrategy(strategy, () => strategy.train(trainStream));
  return sizes;
}

describe("dropLast", () => {
  test("leaves a last, smaller minibatch out of training and of nothing else", async () => {
    const { sizes, listener } = createSizes();
    const evaluated = createSizes("beforeEvalIteration");
    const plugins = [listener, evaluated.listener];
    const options = { trainMbSize: 12, evalMbSize: 12, trainEpochs: 2, dropLast: true, plugins };
    const strategy = new Naive(makeOptions(options));
    await withStrategy(strategy, async () => {
      await strategy.train(trainStream);
      expect(sizes).toEqual([
        [12, 12, 12, 12],
        [12, 12, 12, 12],
      ]);
      expect(strategy.clock.trainIterations).toBe(8);
      await strategy.eval(testStream.at(0));
      expect(evaluated.sizes.at(-1)).toEqual([12, 4]);
    });
  });

  test("of a call of train() holds for this call, against the strategy's own", async () => {
    const { sizes, listener } = createSizes();
    const strategy = new Naive(makeOptions({ trainMbSize: 12, plugins: [listener] }));
    await withStrategy(strategy, async () => {
      await strategy.train(trainStream.at(0), { dropLast: true });
      expect(strategy.dropLast).toBe(false);
      await strategy.train(trainStream.at(0));
      strategy.dropLast = true;
      await strategy.train(trainStream.at(0), { dropLast: false });
      await strategy.train(trainStream.at(0));
      expect(sizes).toEqual([
        [12, 12],
        [12, 12, 8],
        [12, 12, 8],
        [12, 12],
      ]);
    });
  });

  test("holds for loaders of replay: of the current samples and of the memory's", async () => {
    // 20 of 32 are remembered and give two parts of 8; the 4 that are left over wait for the next turn.
    const replay = await listSizes((options) => new Replay({ ...options, memSize: 20, batchSizeMem: 8 }));
    expect(replay).toEqual([
      [12, 12],
      [20, 20],
    ]);
    // Beside 30 remembered answers 32 new samples get 6 places of 12.
    const latent = await listSizes(
      (options) =>
        new Naive({
          ...options,
          plugins: [new LatentReplayPlugin({ layerName: "fc0", memSize: 30 }), ...(options.plugins ?? [])],
        }),
    );
    expect(latent).toEqual([
      [12, 12],
      [6, 6, 6, 6, 6],
    ]);
    expect(await listSizes((options) => new ICaRL({ ...options, memSize: 8 }))).toEqual([
      [12, 12],
      [12, 12, 12],
    ]);
  });

  test("holds for minibatches with a share of each task", async () => {
    const tasks = makeBenchmark({ taskLabels: true });
    const { sizes, listener } = createSizes();
    const strategy = new Cumulative(makeOptions({ trainMbSize: 10, dropLast: true, plugins: [listener] }));
    await withStrategy(strategy, () => strategy.train(tasks.trainStream));
    expect(sizes).toEqual([
      [10, 10, 10],
      [10, 10, 10, 10, 10, 10],
    ]);
  });

  test("holds for a generator that is trained beside the model", async () => {
    const { sizes, listener } = createSizes();
    const generator = mlpVAE({ inputShape: [6], latentSize: 2, hiddenSizes: [6] });
    const options = { optimizer: new Adam(), trainMbSize: 12, evaluator: null, cluster: { workers: 0 } };
    const generatorStrategy = new VAETraining({ ...options, generator, plugins: [listener] });
    const plugins = [new TrainGeneratorAfterExpPlugin({ generatorStrategy })];
    const strategy = new Naive(makeOptions({ trainMbSize: 12, plugins }));
    await withStrategy(strategy, async () => {
      await strategy.train(trainStream.at(0), { dropLast: true });
      await strategy.train(trainStream.at(1));
    });
    expect(sizes).toEqual([
      [12, 12],
      [12, 12, 8],
    ]);
  });

  test("gives bit-identical parameters on 0, 1 and 2 workers, and other ones than without it", async () => {
    const create = (workers: number, dropLast = true) => {
      const model = mlp({ inputShape: [6], hiddenLayers: 1, hiddenSize: 2000, numClasses: 4 });
      const cluster = { workers, logicalShards: 2 };
      return new Replay({ ...makeOptions({ model, trainMbSize: 24, dropLast, cluster }), memSize: 20 });
    };
    const wanted = await trainParameters(create(0), benchmark);
    expect(await trainParameters(create(1), benchmark)).toEqual(wanted);
    expect(await trainParameters(create(2), benchmark)).toEqual(wanted);
    expect(await trainParameters(create(0, false), benchmark)).not.toEqual(wanted);
  });

  test("goes on identically, when it was saved in the middle of an experience", async () => {
    const options = () => makeOptions({ trainMbSize: 12, trainEpochs: 2, dropLast: true, dropout: 0.2 });
    await expectResumable(() => new Replay({ ...options(), memSize: 20 }), benchmark, { iterations: [1, 3, 6, 7] });
  });

  test("is true or false, in a call of train() too, which knows its options by name", async () => {
    const options = Object.assign(makeOptions(), { dropLast: "yes" });
    expect(() => Reflect.construct(Naive, [options])).toThrow('Naive: dropLast must be true or false, got "yes"');
    await withStrategy(new Naive(makeOptions()), async (strategy) => {
      const train = (given: object) => Reflect.apply(strategy.train, strategy, [trainStream, given]);
      await expect(train({ dropLast: 1 })).rejects.toThrow("train(): dropLast must be true or false, got 1");
      await expect(train({ drop_last: true })).rejects.toThrow("dropLast");
      await expect(train({ droplast: true })).rejects.toThrow('train(): unknown option "droplast"');
    });
  });
});
