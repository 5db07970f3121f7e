import { describe, expect, test } from "bun:test";
import type { HostTensor } from "../../../src/core/host_tensor.ts";
import { RandomStream } from "../../../src/core/random_stream.ts";
import { type BiasCorrection, correctBias } from "../../../src/methods/bic/bias_correction.ts";
import { BiC, BiCPlugin, holdOut } from "../../../src/methods/bic/bic_plugin.ts";
import { Naive } from "../../../src/methods/naive/naive.ts";
import { createDatasetBenchmark } from "../../../src/streams/benchmarks/dataset_benchmark.ts";
import { listSamples, makeDataset } from "../../support/made_dataset.ts";
import { makeTask } from "../../support/made_task.ts";
import { createListener } from "../../training/loop/callback_recorder.ts";
import { makeBenchmark, makeOptions, trainParameters, withStrategy } from "../../training/loop/made_strategy.ts";
import { readRow } from "../shared/made_features.ts";
import { measureDifference, slowCrossEntropy } from "../shared/slow_losses.ts";

const benchmark = makeBenchmark({ experiences: 3, samples: 160 });

describe("holdOut()", () => {
  test("takes so many of every class, at most half of one, and loses none", () => {
    const dataset = makeDataset([0, 0, 0, 0, 0, 0, 1, 1, 1, 2, 3, 3]);
    const { kept, held } = holdOut(dataset, (id) => [2, 2, 2, -1][id] ?? 0, new RandomStream(1, "bic"));
    expect([0, 1, 2, 3].map((label) => held.targets.filter((y) => y === label).length)).toEqual([2, 1, 0, 0]);
    expect([...listSamples(kept), ...listSamples(held)].sort()).toEqual(listSamples(dataset).sort());
  });
});

function softened(row: readonly number[], columns: readonly number[], temperature: number): number[] {
  const powers = columns.map((id) => Math.exp((row[id] ?? 0) / temperature));
  return powers.map((power) => power / powers.reduce((sum, value) => sum + value, 0));
}

describe("BiCPlugin", () => {
  for (const lambda of [undefined, 0.3]) {
    test(`trains on λ distillation + (1 − λ) cross-entropy, with lambda ${lambda}`, async () => {
      const plugin = new BiCPlugin({ memSize: 40, ...(lambda === undefined ? {} : { lambda }) });
      let teacher: Float32Array | undefined;
      let known: readonly number[] = [];
      let correction: BiasCorrection | undefined;
      let compared = 0;
      const callbacks = ["afterTrainingIteration", "afterTrainingExp"] as const;
      const listener = createListener([...callbacks], async (callback, strategy) => {
        const { experience, mbatch, mbOutput, mbY, loss } = strategy;
        if (callback === "afterTrainingExp") {
          teacher = strategy.parameters.slice();
          known = experience.classesSeenSoFar;
          correction = plugin.correction;
          return;
        }
        const seen = experience.classesSeenSoFar;
        const y = Array.from(mbY, (label) => seen.indexOf(label));
        const rows = y.map((_, i) => readRow(mbOutput, i));
        const labels = slowCrossEntropy(0)(
          rows.map((row) => seen.map((id) => row[id] ?? 0)),
          y,
        );
        if (!teacher) {
          expect(Math.abs(loss - labels)).toBeLessThan(1e-5);
          return;
        }
        let old: HostTensor = await strategy.forwardWith(teacher, mbatch);
        if (correction) old = correctBias(old, correction);
        const divergences = rows.map((row, i) => {
          const [q, p] = [softened(readRow(old, i), known, 2), softened(row, known, 2)];
          return q.reduce((sum, value, k) => sum + value * Math.log(value / (p[k] ?? 1)), 0);
        });
        const distilled = divergences.reduce((sum, value) => sum + value, 0) / rows.length;
        const weight = lambda ?? known.length / seen.length;
        expect(Math.abs(loss - weight * distilled - (1 - weight) * labels)).toBeLessThan(1e-4);
        compared += correction ? 1 : 0;
      });
      const strategy = new Naive(makeOptions({ plugins: [plugin, listener], trainEpochs: 2 }));
      await withStrategy(strategy, () => strategy.train(benchmark.trainStream));
      // The third experience's teacher is a corrected one.
      expect(compared).toBeGreaterThan(3);
    });
  }

  test("trains on labels alone where all classes come again, and holds no more out than the memory lacks", async () => {
    const again = createDatasetBenchmark({
      name: "again",
      train: [makeTask({ samples: 80 }), makeTask({ samples: 48 })],
      test: [],
    });
    const plugin = new BiCPlugin({ memSize: 40 });
    const trained = new Set<string>();
    const listener = createListener(["afterTrainingIteration"], (_callback, { mbatch, mbOutput, mbY, loss }) => {
      const rows = Array.from(mbY, (_, i) => readRow(mbOutput, i));
      expect(Math.abs(loss - slowCrossEntropy(0)(rows, [...mbY]))).toBeLessThan(1e-5);
      for (const sample of listSamples(mbatch)) trained.add(sample);
    });
    const strategy = new Naive(makeOptions({ plugins: [plugin, listener] }));
    await withStrategy(strategy, () => strategy.train(again.trainStream));
    const left = [...again.trainStream].map(({ dataset }) =>
      listSamples(dataset).filter((sample) => !trained.has(sample)),
    );
    // One of each of four classes fits the correction.
    expect(left.map((samples) => samples.length)).toEqual([4, 0]);
    expect(plugin.correction).toBeUndefined();
  });

  test("never trains on the samples that fit the correction, and corrects the newest classes in evaluation", async () => {
    const plugin = new BiCPlugin({ memSize: 40, valPercentage: 0.3 });
    const trained = new Set<string>();
    const outputs: number[] = [];
    const listener = createListener(["afterForward", "afterEvalIteration"], (callback, { mbatch, mbOutput }) => {
      if (callback === "afterForward") for (const sample of listSamples(mbatch)) trained.add(sample);
      else outputs.push(...mbOutput.data);
    });
    const strategy = new Naive(makeOptions({ plugins: [plugin, listener] }));
    await withStrategy(strategy, async () => {
      await strategy.train(benchmark.trainStream.at(0));
      expect(plugin.correction).toBeUndefined();
      await strategy.train(benchmark.trainStream.slice(1));
      const all = [...benchmark.trainStream].flatMap(({ dataset }) => listSamples(dataset));
      // 12 samples are held out: six of each of two classes, then four of one, then three of one.
      expect(all.filter((sample) => !trained.has(sample)).length).toBe(6 + 6 + 4 + 3);
      await strategy.eval(benchmark.testStream.at(0));
      const { correction } = plugin;
      expect([...(correction?.classes ?? [])]).toEqual([3]);
      const raw = await strategy.forwardWith(strategy.parameters, benchmark.testStream.at(0).dataset);
      if (!correction) throw new Error("there is no correction");
      expect(correction.alpha).not.toBe(1);
      expect(measureDifference(outputs, correctBias(raw, correction).data)).toBeLessThan(1e-6);
    });
  });

  test("BiCPlugin() refuses options out of range", () => {
    expect(() => new BiCPlugin({ memSize: 1 })).toThrow("BiCPlugin: memSize must be at least 2, got 1");
    expect(() => new BiCPlugin({ valPercentage: 0 })).toThrow("valPercentage");
    expect(() => new BiCPlugin({ temperature: 0 })).toThrow("temperature");
    expect(() => new BiCPlugin({ lambda: 2 })).toThrow("lambda");
  });
});

describe("BiC", () => {
  test("is Naive with a BiCPlugin after the other plugins", async () => {
    const made = await trainParameters(new BiC({ ...makeOptions(), memSize: 30 }), benchmark);
    const plugins = [new BiCPlugin({ memSize: 30 })];
    expect(made).toEqual(await trainParameters(new Naive(makeOptions({ plugins })), benchmark));
  });
});
