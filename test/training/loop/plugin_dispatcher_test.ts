import { describe, expect, test } from "bun:test";
import { SingleDatasetDataLoader } from "../../../src/memory/loaders/single_dataset_data_loader.ts";
import { Cumulative } from "../../../src/methods/cumulative/cumulative.ts";
import { Naive } from "../../../src/methods/naive/naive.ts";
import { ReplayPlugin } from "../../../src/methods/replay/replay_plugin.ts";
import { SGD } from "../../../src/optimizers/sgd.ts";
import type { BaseStrategy } from "../../../src/training/loop/base_strategy.ts";
import type { CallbackName } from "../../../src/training/loop/callbacks.ts";
import type { StrategyPlugin } from "../../../src/training/loop/strategy_plugin.ts";
import { CrossEntropyLoss } from "../../../src/training/losses/cross_entropy_loss.ts";
import { measureDifference } from "../../methods/shared/slow_losses.ts";
import { createListener } from "./callback_recorder.ts";
import { makeBenchmark, makeOptions, takeFirst, trainParameters, withStrategy } from "./made_strategy.ts";

const { trainStream, testStream } = makeBenchmark();

/** A plugin that puts another dataloader in the place of the strategy's. */
class LoaderPlugin implements StrategyPlugin {
  beforeTrainingExp(strategy: BaseStrategy): void {
    strategy.dataloader = new SingleDatasetDataLoader({
      dataset: strategy.adaptedDataset,
      batchSize: 8,
      shuffle: false,
    });
  }
}

function halveDataset(
  name: string,
  callbacks: readonly CallbackName[] = ["afterTrainDatasetAdaptation"],
): StrategyPlugin {
  return createListener(
    callbacks,
    (_, strategy) => {
      strategy.adaptedDataset = takeFirst(strategy.adaptedDataset, strategy.adaptedDataset.length / 2);
    },
    name,
  );
}

describe("what a plugin replaces", () => {
  test("is used: the dataloader and the adapted dataset", async () => {
    const sizes: number[] = [];
    const noting = createListener(["beforeTrainingIteration"], (_, { mbatch }) => void sizes.push(mbatch.length));
    for (const [replacing, wanted] of [
      [new LoaderPlugin(), [8, 8, 8, 8]],
      [halveDataset("Half"), [16]],
    ] as const) {
      sizes.length = 0;
      await withStrategy(new Naive(makeOptions({ plugins: [replacing, noting] })), (strategy) =>
        strategy.train(trainStream.at(0)),
      );
      expect(sizes).toEqual([...wanted]);
    }
  });

  test("is refused where a second plugin replaces the dataloader, naming both", async () => {
    const replay = new ReplayPlugin({ memSize: 10 });
    const strategy = new Naive(makeOptions({ plugins: [replay, new LoaderPlugin()] }));
    await withStrategy(strategy, async () => {
      // The buffer is empty in the first experience: only one of them replaces anything then.
      await strategy.train(trainStream.at(0));
      await expect(strategy.train(trainStream.at(1))).rejects.toThrow(
        'training needs at most one plugin that replaces the dataloader, got "ReplayPlugin and LoaderPlugin"',
      );
    });
  });

  test("is refused where a second plugin replaces the adapted dataset, naming both", async () => {
    const strategy = new Cumulative(makeOptions({ plugins: [halveDataset("First half"), halveDataset("Half of it")] }));
    await withStrategy(strategy, async () => {
      await expect(strategy.train(trainStream)).rejects.toThrow(
        'at most one plugin that replaces the adaptedDataset, got "First half and Half of it"',
      );
    });
  });

  test("may be replaced by one plugin as often as it likes, and by another one in another experience", async () => {
    const half = halveDataset("Half");
    const often: StrategyPlugin = {
      async afterTrainDatasetAdaptation(strategy) {
        for (let i = 0; i < 2; i++) await half.afterTrainDatasetAdaptation?.(strategy);
      },
    };
    const inTurn = [0, 1].map((experience) =>
      createListener(["beforeTrainingExp"], (_, strategy) => {
        if (strategy.experience.currentExperience === experience) new LoaderPlugin().beforeTrainingExp(strategy);
      }),
    );
    const strategy = new Naive(makeOptions({ plugins: [often, ...inTurn] }));
    await withStrategy(strategy, () => strategy.train(trainStream));
    // A quarter of 32 samples is one minibatch of 8.
    expect(strategy.clock.trainIterations).toBe(2);
  });

  test("may be replaced by several plugins in an evaluation, whether or not it is in the middle of training", async () => {
    const plugins = ["a", "b"].map((name) => halveDataset(name, ["afterEvalDatasetAdaptation"]));
    const sizes: number[] = [];
    const noting = createListener(["afterEvalIteration"], (_, { mbatch }) => void sizes.push(mbatch.length));
    const strategy = new Naive(makeOptions({ plugins: [...plugins, noting], evalEvery: 0 }));
    await withStrategy(strategy, () => strategy.train(trainStream.at(0), { evalStreams: [testStream.at(0)] }));
    expect(sizes).toEqual([4, 4]);
  });
});

describe("callbacks", () => {
  test("are awaited, one plugin after another", async () => {
    const log: string[] = [];
    const slow = createListener(["beforeTrainingExp"], async () => {
      await Promise.resolve();
      await Promise.resolve();
      log.push("slow");
    });
    const quick = createListener(["beforeTrainingExp"], () => void log.push("quick"));
    const strategy = new Naive(makeOptions({ plugins: [slow, quick] }));
    await withStrategy(strategy, () => strategy.train(trainStream.at(0)));
    expect(log).toEqual(["slow", "quick"]);
  });

  test("are methods: they are called on their plugin", async () => {
    class Counting implements StrategyPlugin {
      count = 0;
      afterUpdate(): void {
        this.count += 1;
      }
    }
    const plugin = new Counting();
    await withStrategy(new Naive(makeOptions({ plugins: [plugin] })), (strategy) => strategy.train(trainStream));
    expect(plugin.count).toBe(4);
  });
});

describe("criterion", () => {
  const doubled: StrategyPlugin = {
    name: "doubled",
    criterion({ mbOutput, mbY }) {
      const { loss, dOutput } = new CrossEntropyLoss().evaluate(mbOutput, mbY);
      return { loss: 2 * loss, dOutput: dOutput.map((value) => 2 * value) };
    },
  };

  test("takes the place of the strategy's in training, and not in evaluation", async () => {
    const losses: number[] = [];
    const noting = createListener(["afterTrainingIteration", "afterEvalIteration"], (_, { loss, mbOutput, mbY }) => {
      losses.push(loss / new CrossEntropyLoss().evaluate(mbOutput, mbY).loss);
    });
    const strategy = new Naive(makeOptions({ plugins: [doubled, noting] }));
    const [made, wanted] = await Promise.all([
      withStrategy(strategy, async () => {
        await strategy.train(trainStream);
        await strategy.eval(testStream.at(0));
        return strategy.parameters.slice();
      }),
      trainParameters(new Naive(makeOptions({ optimizer: new SGD({ learningRate: 0.2 }) }))),
    ]);
    expect(losses.map((ratio) => Number(ratio.toFixed(4)))).toEqual([2, 2, 2, 2, 1]);
    expect(measureDifference(made, wanted)).toBeLessThan(1e-5);
    expect(strategy.plan.reasons).toEqual(["doubled replaces the criterion"]);
  });

  test("may be replaced by one plugin at most", () => {
    const plugins = [doubled, { ...doubled, name: "other" }];
    expect(() => new Naive(makeOptions({ plugins }))).toThrow(
      'doubled needs nothing beside it that replaces the criterion, got "other"',
    );
  });
});

describe("the parts of a plugin", () => {
  test("are called, listed and checked right after it, and their parts after them", async () => {
    const calls: string[] = [];
    const note = (name: string, parts: readonly StrategyPlugin[] = []) => ({
      ...createListener(["beforeTrainingExp"], () => void calls.push(name), name),
      parts,
    });
    const whole = note("whole", [note("first", [note("inner")]), note("second")]);
    const strategy = new Naive(makeOptions({ plugins: [whole, note("last")] }));
    await withStrategy(strategy, () => strategy.train(trainStream.at(0)));
    expect(calls).toEqual(["whole", "first", "inner", "second", "last"]);
    expect(strategy.plugins.slice(0, 5).map(({ name }) => name)).toEqual(calls);
    const replacing = { criterion: () => ({ loss: 0, dOutput: new Float32Array(0) }) };
    const twice = { name: "outer", ...replacing, parts: [{ name: "part", ...replacing }] };
    expect(() => new Naive(makeOptions({ plugins: [twice] }))).toThrow(
      /outer needs .* replaces the criterion, got "?part/,
    );
  });
});
