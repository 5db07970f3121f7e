import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import type { Dataset } from "../../../src/data/dataset.ts";
import { ReservoirSamplingBuffer } from "../../../src/memory/buffers/reservoir_sampling_buffer.ts";
import { IL2M, IL2MPlugin, rectifyOutputs } from "../../../src/methods/il2m/il2m_plugin.ts";
import { Naive } from "../../../src/methods/naive/naive.ts";
import { ReplayPlugin } from "../../../src/methods/replay/replay_plugin.ts";
import { createListener } from "../../training/loop/callback_recorder.ts";
import { makeBenchmark, makeOptions, trainParameters, withStrategy } from "../../training/loop/made_strategy.ts";
import { madeOutputs } from "../shared/made_outputs.ts";
import { createOutput, measureDifference } from "../shared/slow_losses.ts";

const benchmark = makeBenchmark({ experiences: 4, samples: 128 });

function softmax(row: readonly number[]): number[] {
  const total = row.reduce((sum, z) => sum + Math.exp(z), 0);
  return row.map((z) => Math.exp(z) / total);
}

const mean = (values: readonly number[]) => values.reduce((sum, value) => sum + value, 0) / values.length;

describe("rectifyOutputs()", () => {
  test("multiplies old classes' probabilities where a new class is predicted, as the paper has it", () => {
    const factor = fc.integer({ min: 1, max: 40 }).map((value) => value / 10);
    fc.assert(
      fc.property(madeOutputs, factor, factor, ({ rows }, first, second) => {
        const columns = rows[0]?.length ?? 0;
        const newest = new Set([columns - 1]);
        const factors = new Map([[0, first], ...(columns > 2 ? [[1, second] as const] : [])]);
        const { data } = rectifyOutputs(createOutput(rows), { newest, factors });
        for (const [i, row] of rows.entries()) {
          const p = softmax(row);
          const isNew = row.indexOf(Math.max(...row)) === columns - 1;
          const raw = p.map((value, c) => (isNew ? value * (factors.get(c) ?? 1) : value));
          const total = raw.reduce((sum, value) => sum + value, 0);
          const made = softmax(Array.from(data.slice(i * columns, (i + 1) * columns)));
          expect(
            measureDifference(
              made,
              raw.map((value) => value / total),
            ),
          ).toBeLessThan(1e-5);
        }
      }),
    );
  });
});

describe("IL2MPlugin", () => {
  test("measures classes when they are new, and on their exemplars when they are old", async () => {
    const plugin = new IL2MPlugin({ memSize: 20 });
    const initial = new Map<number, { score: number; confidence: number }>();
    const probabilities = async (strategy: Naive, samples: Dataset) => {
      const { data } = await strategy.forwardWith(strategy.parameters, samples);
      return Array.from(samples.targets, (_, i) => softmax(Array.from(data.slice(4 * i, 4 * i + 4))));
    };
    let compared = 0;
    const listener = createListener(["afterTrainingExp"], async (_, strategy) => {
      const { dataset, currentExperience } = strategy.experience;
      // One class an experience.
      const fresh = await probabilities(strategy, dataset);
      const score = mean(fresh.map((p) => p[currentExperience] ?? 0));
      initial.set(currentExperience, { score, confidence: mean(fresh.map((p) => Math.max(...p))) });
      for (const [id, made] of plugin.classes) {
        const { score: first = 0, confidence = 0 } = initial.get(id) ?? {};
        expect([made.initialScore - first, made.initialConfidence - confidence].every((d) => Math.abs(d) < 1e-5)).toBe(
          true,
        );
        if (id === currentExperience) expect(Math.abs(made.score - first)).toBeLessThan(1e-5);
        else compared += made.score === made.initialScore ? 0 : 1;
      }
    });
    const strategy = new Naive(makeOptions({ plugins: [plugin, listener] }));
    await withStrategy(strategy, () => strategy.train(benchmark.trainStream));
    expect(compared).toBe(6);
  });

  test("corrects outputs in evaluation alone, and trains as replay does", async () => {
    const outputs: Float32Array[] = [];
    const noting = createListener(
      ["afterEvalIteration"],
      (_, { mbOutput }) => void outputs.push(mbOutput.data.slice()),
    );
    const plugin = new IL2MPlugin({ memSize: 20 });
    const options = makeOptions({ plugins: [plugin, noting], trainEpochs: 3 });
    const strategy = new Naive(options);
    const { dataset } = benchmark.testStream.at(0);
    await withStrategy(strategy, async () => {
      await strategy.train(benchmark.trainStream);
      await strategy.eval(benchmark.testStream.at(0));
      const raw = await strategy.forwardWith(strategy.parameters, dataset);
      expect(raw.data.length).toBe(outputs[0]?.length ?? 0);
      for (let i = 0; i < dataset.length; i++) {
        const [from, to] = [4 * i, 4 * i + 4];
        const [before, after] = [raw.data.slice(from, to), outputs[0]?.slice(from, to) ?? new Float32Array()];
        if (before.indexOf(Math.max(...before)) !== 3) expect(after).toEqual(before);
        else for (let c = 0; c < 3; c++) expect((after[c] ?? 0) !== (before[c] ?? 0)).toBe(true);
      }
    });
    const replay = new ReplayPlugin({ memSize: 20, storagePolicy: new ReservoirSamplingBuffer({ maxSize: 20 }) });
    const own = { memSize: 20, storagePolicy: new ReservoirSamplingBuffer({ maxSize: 20 }) };
    const made = await trainParameters(new IL2M({ ...makeOptions(), ...own }), benchmark);
    expect(made).toEqual(await trainParameters(new Naive(makeOptions({ plugins: [replay] })), benchmark));
  });

  test("IL2MPlugin() refuses sizes out of range, and a storage policy of another size", () => {
    expect(() => new IL2MPlugin({ memSize: 0 })).toThrow("IL2MPlugin: memSize must be at least 1, got 0");
    expect(() => new IL2MPlugin({ batchSizeMem: 0 })).toThrow("batchSizeMem");
    const storagePolicy = new ReservoirSamplingBuffer({ maxSize: 20 });
    expect(() => new IL2MPlugin({ storagePolicy })).toThrow(
      "IL2MPlugin: storagePolicy.maxSize must be 2000, as memSize, got 20",
    );
  });
});
