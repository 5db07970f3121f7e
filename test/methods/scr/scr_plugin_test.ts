import { describe, expect, test } from "bun:test";
import { ClassBalancedBuffer } from "../../../src/memory/buffers/class_balanced_buffer.ts";
import { Naive } from "../../../src/methods/naive/naive.ts";
import { SCR, SCRPlugin } from "../../../src/methods/scr/scr_plugin.ts";
import { NCMClassifier } from "../../../src/methods/shared/classifiers/ncm_classifier.ts";
import { evaluateSupervisedContrast } from "../../../src/training/losses/supervised_contrast.ts";
import { listSamples } from "../../support/made_dataset.ts";
import { createListener } from "../../training/loop/callback_recorder.ts";
import { makeBenchmark, makeOptions, trainParameters, withStrategy } from "../../training/loop/made_strategy.ts";
import { makeSharedIdsBenchmark } from "../contract/shared_class_ids.ts";
import { measureDifference } from "../shared/slow_losses.ts";

const benchmark = makeBenchmark({ experiences: 4, samples: 128 });

describe("SCRPlugin", () => {
  test("trains on the contrast of two views of new and remembered samples", async () => {
    const sizes: number[] = [];
    const listener = createListener(["afterTrainingIteration"], (_, { mbatch, mbOutput, mbY, loss }) => {
      sizes.push(mbatch.length);
      const samples = listSamples(mbatch);
      expect(samples.slice(0, samples.length / 2)).toEqual(samples.slice(samples.length / 2));
      expect(Math.abs(loss - evaluateSupervisedContrast(mbOutput, mbY, 0.5).loss)).toBeLessThan(1e-6);
    });
    const plugins = [new SCRPlugin({ memSize: 20, batchSizeMem: 6, temperature: 0.5 }), listener];
    const strategy = new Naive(makeOptions({ plugins }));
    await withStrategy(strategy, () => strategy.train(benchmark.trainStream));
    expect(sizes).toEqual([32, 32, 44, 44, 44, 44, 44, 44]);
    expect(strategy.plan.reasons).toEqual(["SCRPlugin replaces the criterion"]);
  });

  test("holds classes of different tasks apart, also where they have one id", async () => {
    let mixed = 0;
    const listener = createListener(["afterTrainingIteration"], (_, { mbOutput, mbY, mbTaskId, loss }) => {
      const y = mbY.map((id, row) => 10 * (mbTaskId[row] ?? 0) + id);
      expect(Math.abs(loss - evaluateSupervisedContrast(mbOutput, y, 0.1).loss)).toBeLessThan(1e-6);
      if (new Set(mbTaskId).size > 1) mixed += 1;
    });
    const strategy = new SCR({ ...makeOptions({ plugins: [listener] }), memSize: 20, batchSizeMem: 6 });
    await withStrategy(strategy, () => strategy.train(makeSharedIdsBenchmark().trainStream));
    expect(mixed).toBeGreaterThan(0);
  });

  test("predicts the nearest class mean of what it remembers", async () => {
    const storagePolicy = new ClassBalancedBuffer({ maxSize: 40 });
    const outputs: number[] = [];
    const noting = createListener(["afterEvalIteration"], (_, { mbOutput }) => void outputs.push(...mbOutput.data));
    const plugins = [new SCRPlugin({ memSize: 40, storagePolicy }), noting];
    const strategy = new Naive(makeOptions({ plugins }));
    await withStrategy(strategy, async () => {
      await strategy.train(benchmark.trainStream);
      await strategy.eval(benchmark.testStream.at(2));
      const classifier = new NCMClassifier();
      for (const [id, { buffer }] of storagePolicy.bufferGroups) {
        classifier.learn(new Map([[id, await strategy.extractFeatures(buffer)]]));
      }
      const features = await strategy.extractFeatures(benchmark.testStream.at(2).dataset);
      expect(measureDifference(outputs, classifier.score(features, 4).data)).toBeLessThan(1e-5);
    });
  });

  test("SCRPlugin() refuses options out of range", () => {
    expect(() => new SCRPlugin({ memSize: 0 })).toThrow("SCRPlugin: memSize must be at least 1, got 0");
    expect(() => new SCRPlugin({ temperature: 0 })).toThrow("temperature");
    expect(() => new SCRPlugin({ batchSizeMem: 0 })).toThrow("batchSizeMem");
  });
});

describe("SCR", () => {
  test("is Naive with an SCRPlugin after the other plugins", async () => {
    const own = { memSize: 20, batchSizeMem: 5 };
    const made = await trainParameters(new SCR({ ...makeOptions(), ...own }), benchmark);
    expect(made).toEqual(await trainParameters(new Naive(makeOptions({ plugins: [new SCRPlugin(own)] })), benchmark));
  });
});
