import { describe, expect, test } from "bun:test";
import { averageDirections, CoPE, CoPEPlugin } from "../../../src/methods/cope/cope_plugin.ts";
import { evaluatePrototypeLoss } from "../../../src/methods/cope/prototype_loss.ts";
import { Naive } from "../../../src/methods/naive/naive.ts";
import { createListener } from "../../training/loop/callback_recorder.ts";
import { makeBenchmark, makeOptions, trainParameters, withStrategy } from "../../training/loop/made_strategy.ts";
import { averageSlowly, readRow, scaleSlowly } from "../shared/made_features.ts";
import { createOutput, measureDifference } from "../shared/slow_losses.ts";

const benchmark = makeBenchmark({ experiences: 4, samples: 128 });

describe("averageDirections()", () => {
  test("is the mean direction of each class, at length 1", () => {
    const rows = [
      [3, 4, 0],
      [0, 2, 0],
      [1, 1, 1],
    ];
    const made = averageDirections(createOutput(rows), Int32Array.of(5, 5, 2));
    const wanted = scaleSlowly(averageSlowly(rows.slice(0, 2).map(scaleSlowly)));
    expect(measureDifference(made.get(5) ?? [], wanted)).toBeLessThan(1e-6);
    expect(measureDifference(made.get(2) ?? [], scaleSlowly([1, 1, 1]))).toBeLessThan(1e-6);
  });
});

describe("CoPEPlugin", () => {
  test("trains on the loss of the prototypes, which follow their classes after every step", async () => {
    const plugin = new CoPEPlugin({ memSize: 20, batchSizeMem: 6, alpha: 0.7, temperature: 0.5 });
    let before = new Map<number, Float64Array>();
    let compared = 0;
    const listener = createListener(["beforeBackward", "afterTrainingIteration"], (callback, strategy) => {
      const { mbOutput, mbY, loss } = strategy;
      if (callback === "beforeBackward") {
        before = new Map([...plugin.prototypes].map(([id, vector]) => [id, vector.slice()]));
        return;
      }
      const comparison = { prototypes: before, temperature: 0.5, compatibility: "paper" } as const;
      const made = evaluatePrototypeLoss(mbOutput, mbY, comparison);
      expect(Math.abs(loss - made.loss)).toBeLessThan(1e-6);
      const means = averageDirections(mbOutput, mbY);
      for (const [id, vector] of plugin.prototypes) {
        const old = [...(before.get(id) ?? [])];
        const mean = means.get(id);
        const wanted = mean ? scaleSlowly(old.map((value, i) => 0.7 * value + 0.3 * (mean[i] ?? 0))) : old;
        expect(measureDifference(vector, wanted)).toBeLessThan(1e-9);
        compared += 1;
      }
    });
    const strategy = new Naive(makeOptions({ plugins: [plugin, listener] }));
    await withStrategy(strategy, () => strategy.train(benchmark.trainStream));
    expect(compared).toBe(2 * (1 + 2 + 3 + 4));
  });

  test("predicts the nearest prototype, and no class that it has not seen", async () => {
    const plugin = new CoPEPlugin({ memSize: 20 });
    const outputs: number[] = [];
    const noting = createListener(["afterEvalIteration"], (_, { mbOutput }) => void outputs.push(...mbOutput.data));
    const strategy = new Naive(makeOptions({ plugins: [plugin, noting] }));
    await withStrategy(strategy, async () => {
      await strategy.train(benchmark.trainStream.slice(0, 3));
      await strategy.eval(benchmark.testStream.at(0));
      const embeddings = await strategy.forwardWith(strategy.parameters, benchmark.testStream.at(0).dataset);
      for (let row = 0; row < (embeddings.shape[0] ?? 0); row++) {
        const f = scaleSlowly(readRow(embeddings, row));
        const made = outputs.slice(4 * row, 4 * row + 4);
        for (const [id, vector] of plugin.prototypes) {
          const cosine = f.reduce((sum, value, i) => sum + value * (vector[i] ?? 0), 0);
          expect(Math.abs((made[id] ?? 0) - cosine)).toBeLessThan(1e-5);
        }
        expect(made[3]).toBeLessThan(-900);
      }
    });
  });

  test("CoPEPlugin() refuses options out of range", () => {
    expect(() => new CoPEPlugin({ memSize: 0 })).toThrow("CoPEPlugin: memSize must be at least 1, got 0");
    expect(() => new CoPEPlugin({ alpha: 1.5 })).toThrow("alpha");
    expect(() => new CoPEPlugin({ temperature: 0 })).toThrow("temperature");
    expect(() => new CoPEPlugin({ compatibility: "papers" as "paper" })).toThrow(
      'CoPEPlugin: compatibility must be "paper" or "avalanche", got "papers"',
    );
    expect(() => new CoPEPlugin({ batchSizeMem: 0 })).toThrow("batchSizeMem");
  });
});

describe("CoPE", () => {
  test("is Naive with a CoPEPlugin after the other plugins", async () => {
    const own = { memSize: 20, batchSizeMem: 5 };
    const made = await trainParameters(new CoPE({ ...makeOptions(), ...own }), benchmark);
    expect(made).toEqual(await trainParameters(new Naive(makeOptions({ plugins: [new CoPEPlugin(own)] })), benchmark));
    const other = new CoPE({ ...makeOptions(), ...own, compatibility: "avalanche" });
    expect(await trainParameters(other, benchmark)).not.toEqual(made);
  });
});
