import { describe, expect, test } from "bun:test";
import type { Dataset } from "../../../src/data/dataset.ts";
import { normalizeRows, selectByHerding } from "../../../src/memory/selection/feature_selection.ts";
import { createTargets, ICaRL, ICaRLPlugin } from "../../../src/methods/icarl/icarl_plugin.ts";
import { Naive } from "../../../src/methods/naive/naive.ts";
import { NCMClassifier } from "../../../src/methods/shared/classifiers/ncm_classifier.ts";
import { createDatasetBenchmark } from "../../../src/streams/benchmarks/dataset_benchmark.ts";
import { listSamples } from "../../support/made_dataset.ts";
import { makeTask } from "../../support/made_task.ts";
import { createListener } from "../../training/loop/callback_recorder.ts";
import { makeBenchmark, makeOptions, trainParameters, withStrategy } from "../../training/loop/made_strategy.ts";
import { createOutput, measureDifference } from "../shared/slow_losses.ts";

const benchmark = makeBenchmark({ experiences: 3, samples: 160 });

describe("createTargets()", () => {
  test("are labels, and for classes that the teacher knows what it says", () => {
    const output = createOutput([
      [9, 9, 9],
      [9, 9, 9],
    ]);
    const y = Int32Array.of(2, 0);
    const known = new Set([0]);
    const untaught = { teacher: undefined, known: new Set<number>(), temperature: 1 };
    expect([...createTargets(output, y, untaught)]).toEqual([0, 0, 1, 1, 0, 0]);
    const teacher = createOutput([
      [0, 5, 5],
      [Math.log(3), 5, 5],
    ]);
    const wanted = [0.5, 0, 1, 0.75, 0, 0];
    expect(measureDifference(createTargets(output, y, { teacher, known, temperature: 1 }), wanted)).toBeLessThan(1e-6);
    const soft = createTargets(output, y, { teacher, known, temperature: 2 });
    const root = Math.sqrt(3);
    expect(measureDifference(soft, [0.5, 0, 1, root / (1 + root), 0, 0])).toBeLessThan(1e-6);
    expect(() => new ICaRLPlugin({ temperature: 0 })).toThrow("temperature");
  });
});

describe("ICaRLPlugin", () => {
  test("learns classes that come again from their labels", async () => {
    const datasets = [makeTask({ samples: 48 }), makeTask({ samples: 48 })];
    const again = createDatasetBenchmark({ name: "again", train: datasets, test: [] });
    const listener = createListener(["afterTrainingIteration"], (_callback, { mbOutput, mbY, loss }) => {
      const terms = mbOutput.data.map((z, i) => {
        const p = 1 / (1 + Math.exp(-z));
        return mbY[Math.floor(i / 4)] === i % 4 ? -Math.log(p) : -Math.log(1 - p);
      });
      expect(Math.abs(loss - terms.reduce((sum, term) => sum + term, 0) / terms.length)).toBeLessThan(1e-5);
    });
    const strategy = new Naive(makeOptions({ plugins: [new ICaRLPlugin({ memSize: 12 }), listener] }));
    await withStrategy(strategy, () => strategy.train(again.trainStream));
  });

  test("trains on binary cross-entropies of the classes seen, old ones as the last model has them", async () => {
    const plugin = new ICaRLPlugin({ memSize: 12 });
    let teacher = new Float32Array(0);
    let known: readonly number[] = [];
    let compared = 0;
    const callbacks = ["afterTrainingIteration", "afterTrainingExp"] as const;
    const listener = createListener([...callbacks], async (callback, strategy) => {
      const { experience, mbatch, mbOutput, mbY, loss } = strategy;
      if (callback === "afterTrainingExp") {
        teacher = strategy.parameters.slice();
        known = experience.classesSeenSoFar;
        return;
      }
      const old = known.length > 0 ? await strategy.forwardWith(teacher, mbatch) : undefined;
      const seen = experience.classesSeenSoFar;
      let sum = 0;
      for (const [row, label] of mbY.entries()) {
        for (const id of seen) {
          const p = 1 / (1 + Math.exp(-(mbOutput.data[4 * row + id] ?? 0)));
          const says = 1 / (1 + Math.exp(-(old?.data[4 * row + id] ?? 0)));
          const target = old && known.includes(id) ? says : Number(label === id);
          sum -= target * Math.log(p) + (1 - target) * Math.log(1 - p);
        }
      }
      expect(Math.abs(loss - sum / (mbY.length * seen.length))).toBeLessThan(1e-5);
      compared += old ? 1 : 0;
    });
    const strategy = new Naive(makeOptions({ plugins: [plugin, listener], trainEpochs: 2 }));
    await withStrategy(strategy, () => strategy.train(benchmark.trainStream));
    expect(compared).toBeGreaterThan(10);
    expect(strategy.plan.reasons).toEqual(["ICaRLPlugin replaces the criterion"]);
  });

  for (const fixedMemory of [true, false]) {
    test(`herds exemplars of new classes and keeps the first of old ones, ${fixedMemory ? "in all" : "each"}`, async () => {
      const plugin = new ICaRLPlugin({ memSize: 13, fixedMemory });
      const trained: number[] = [];
      let before = new Map<number, string[]>();
      const listener = createListener(["beforeTrainingExp", "afterTrainingExp"], async (callback, strategy) => {
        const { dataset, classesInThisExperience } = strategy.experience;
        if (callback === "beforeTrainingExp") {
          trained.push(strategy.adaptedDataset.length - dataset.length);
          return;
        }
        const after = new Map([...plugin.exemplars.bufferGroups].map(([id, samples]) => [id, listSamples(samples)]));
        for (const [id, samples] of after) {
          if (!classesInThisExperience.includes(id)) {
            expect(samples).toEqual(before.get(id)?.slice(0, samples.length) ?? []);
            continue;
          }
          const own = dataset.subset([...dataset.targets.keys()].filter((i) => dataset.targets[i] === id));
          const features = normalizeRows(await strategy.extractFeatures(own));
          expect(samples).toEqual(listSamples(own.subset(selectByHerding(features, samples.length))));
        }
        before = after;
      });
      const strategy = new Naive(makeOptions({ plugins: [plugin, listener] }));
      await withStrategy(strategy, () => strategy.train(benchmark.trainStream));
      const sizes = [...plugin.exemplars.bufferGroups.values()].map(({ length }) => length);
      expect(sizes).toEqual(fixedMemory ? [4, 3, 3, 3] : [13, 13, 13, 13]);
      expect(trained).toEqual(fixedMemory ? [0, 13, 13] : [0, 26, 39]);
    });
  }

  test("predicts the nearest mean of exemplars, with the model as it is", async () => {
    const plugin = new ICaRLPlugin({ memSize: 20 });
    const outputs: number[] = [];
    const noting = createListener(["afterEvalIteration"], (_, { mbOutput }) => void outputs.push(...mbOutput.data));
    const strategy = new Naive(makeOptions({ plugins: [plugin, noting], evalMbSize: 7 }));
    await withStrategy(strategy, async () => {
      await strategy.eval(benchmark.testStream.at(0));
      const { dataset } = benchmark.testStream.at(0);
      // An untrained network answers for itself.
      expect(
        measureDifference(outputs.splice(0), (await strategy.forwardWith(strategy.parameters, dataset)).data),
      ).toBe(0);
      await strategy.train(benchmark.trainStream);
      await strategy.eval(benchmark.testStream.at(0));
      const classifier = new NCMClassifier({ normalize: true });
      for (const [id, samples] of plugin.exemplars.bufferGroups) {
        classifier.learn(new Map([[id, await strategy.extractFeatures(samples)]]));
      }
      const wanted = classifier.score(await strategy.extractFeatures(dataset), 4);
      expect(measureDifference(outputs, wanted.data)).toBeLessThan(1e-5);
      expect(accuracyOf(outputs, dataset)).toBeGreaterThan(0.7);
    });
  });

  test("ICaRLPlugin() refuses a memory of none", () => {
    expect(() => new ICaRLPlugin({ memSize: 0 })).toThrow("ICaRLPlugin: memSize must be at least 1, got 0");
  });
});

function accuracyOf(outputs: readonly number[], { targets }: Dataset): number {
  const hits = targets.filter((y, i) => {
    const row = outputs.slice(4 * i, 4 * i + 4);
    return row.indexOf(Math.max(...row)) === y;
  });
  return hits.length / targets.length;
}

describe("ICaRL", () => {
  test("is Naive with an ICaRLPlugin after the other plugins", async () => {
    const own = { memSize: 12 };
    const made = await trainParameters(new ICaRL({ ...makeOptions(), ...own }), benchmark);
    expect(made).toEqual(await trainParameters(new Naive(makeOptions({ plugins: [new ICaRLPlugin(own)] })), benchmark));
  });
});
