import { describe, expect, test } from "bun:test";
import { Dataset } from "../../../src/data/dataset.ts";
import { ClassBalancedBuffer } from "../../../src/memory/buffers/class_balanced_buffer.ts";
import { FeCAMClassifier } from "../../../src/methods/fecam/fecam_classifier.ts";
import { FeCAMPlugin } from "../../../src/methods/fecam/fecam_plugin.ts";
import { Naive } from "../../../src/methods/naive/naive.ts";
import { NCMPlugin } from "../../../src/methods/ncm/ncm_plugin.ts";
import type { FeatureClassifier } from "../../../src/methods/shared/classifiers/feature_classifier.ts";
import type { FeaturePredictionOptions } from "../../../src/methods/shared/classifiers/feature_prediction_options.ts";
import { NCMClassifier } from "../../../src/methods/shared/classifiers/ncm_classifier.ts";
import type { BaseStrategy } from "../../../src/training/loop/base_strategy.ts";
import type { StrategyPlugin } from "../../../src/training/loop/strategy_plugin.ts";
import { createListener } from "../../training/loop/callback_recorder.ts";
import { makeBenchmark, makeOptions, trainParameters, withStrategy } from "../../training/loop/made_strategy.ts";

const benchmark = makeBenchmark({ experiences: 4, samples: 128 });
const { dataset } = benchmark.testStream.at(1);

/** Features of each class's samples with the model as it is. */
async function learn(classifier: FeatureClassifier, strategy: BaseStrategy, samples: Dataset): Promise<void> {
  for (const label of new Set(samples.targets)) {
    const positions = [...samples.targets.keys()].filter((i) => samples.targets[i] === label);
    classifier.learn(new Map([[label, await strategy.extractFeatures(samples.subset(positions))]]));
  }
}

for (const [name, create, createClassifier] of [
  ["NCMPlugin", (options) => new NCMPlugin(options), () => new NCMClassifier()],
  ["FeCAMPlugin", (options) => new FeCAMPlugin(options), () => new FeCAMClassifier()],
] as const satisfies readonly [
  string,
  (options: FeaturePredictionOptions) => StrategyPlugin,
  () => FeatureClassifier,
][]) {
  describe(name, () => {
    for (const update of ["memory", "oracle", "current"] as const) {
      test(`predicts in evaluation by its classifier, with update ${update}`, async () => {
        const storagePolicy = new ClassBalancedBuffer({ maxSize: 40 });
        const outputs: number[][] = [];
        const noting = createListener(
          ["afterEvalIteration"],
          (_, { mbOutput }) => void outputs.push([...mbOutput.data]),
        );
        const current = createClassifier();
        const following = createListener(["afterTrainingExp"], (_, strategy) =>
          learn(current, strategy, strategy.experience.dataset),
        );
        const plugins = [create({ update, memSize: 40, storagePolicy }), following, noting];
        const strategy = new Naive(makeOptions({ plugins, evalMbSize: 5 }));
        await withStrategy(strategy, async () => {
          await strategy.train(benchmark.trainStream);
          await strategy.eval(benchmark.testStream.at(1));
          const classifier = update === "current" ? current : createClassifier();
          const seen =
            update === "memory"
              ? storagePolicy.buffer
              : Dataset.concat([...benchmark.trainStream].map((e) => e.dataset));
          if (update !== "current") await learn(classifier, strategy, seen);
          const wanted = classifier.score(await strategy.extractFeatures(dataset), 4);
          for (const [i, value] of outputs.flat().entries()) {
            expect(Math.abs(value - (wanted.data[i] ?? Number.NaN))).toBeLessThan(1e-3);
          }
          expect(outputs.flat().length).toBe(4 * dataset.length);
        });
      });
    }

    test("leaves training alone, and classes that were not seen unpredicted", async () => {
      const predicted = new Set<number>();
      const noting = createListener(["afterEvalIteration"], (_, { mbOutput: { data } }) => {
        for (let i = 0; i < data.length; i += 4) {
          const row = data.slice(i, i + 4);
          predicted.add(row.indexOf(Math.max(...row)));
        }
      });
      const strategy = new Naive(makeOptions({ plugins: [create({ memSize: 40 }), noting] }));
      await withStrategy(strategy, async () => {
        await strategy.train(benchmark.trainStream.slice(0, 2));
        await strategy.eval(benchmark.testStream);
      });
      expect([...predicted].sort()).toEqual([0, 1]);
      const made = await trainParameters(new Naive(makeOptions({ plugins: [create({ memSize: 40 })] })), benchmark);
      expect(made).toEqual(await trainParameters(new Naive(makeOptions()), benchmark));
    });

    test(`${name}() refuses options out of range`, () => {
      expect(() => create({ memSize: 0 })).toThrow(`${name}: memSize must be at least 1, got 0`);
      const storagePolicy = new ClassBalancedBuffer({ maxSize: 40 });
      expect(() => create({ storagePolicy })).toThrow(
        `${name}: storagePolicy.maxSize must be 2000, as memSize, got 40`,
      );
      const Plugin = create({}).constructor;
      expect(() => Reflect.construct(Plugin, [{ update: "memori" }])).toThrow(
        `${name}: update must be one of "memory", "current", "oracle", got "memori"`,
      );
    });
  });
}
