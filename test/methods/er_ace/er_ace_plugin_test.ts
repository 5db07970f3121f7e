import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import { ER_ACE, ERACEPlugin, evaluateAsymmetric } from "../../../src/methods/er_ace/er_ace_plugin.ts";
import { Naive } from "../../../src/methods/naive/naive.ts";
import { listSamples } from "../../support/made_dataset.ts";
import { createListener } from "../../training/loop/callback_recorder.ts";
import { makeBenchmark, makeOptions, trainParameters, withStrategy } from "../../training/loop/made_strategy.ts";
import { madeOutputs } from "../shared/made_outputs.ts";
import {
  createOutput,
  differentiateSlowly,
  measureDifference,
  type Rows,
  slowCrossEntropy,
} from "../shared/slow_losses.ts";

const benchmark = makeBenchmark({ experiences: 4, samples: 128 });

/** The two losses as the paper writes them; classes that do not compete are taken away. */
function asymmetricSlowly(rows: Rows, y: readonly number[], current: number): number {
  const present = [...new Set(y.slice(0, current))];
  const kept = rows.slice(0, current).map((row) => present.map((c) => row[c] ?? 0));
  const targets = y.slice(0, current).map((c) => present.indexOf(c));
  const incoming = current > 0 ? slowCrossEntropy(0)(kept, targets) : 0;
  return incoming + (current < y.length ? slowCrossEntropy(0)(rows.slice(current), y.slice(current)) : 0);
}

describe("evaluateAsymmetric()", () => {
  test("is the paper's loss with its gradient", () => {
    fc.assert(
      fc.property(madeOutputs, fc.nat(5), fc.constantFrom(1, 0.5), ({ rows, y }, cut, weight) => {
        const current = Math.min(cut, y.length);
        const slow = (given: Rows) => weight * asymmetricSlowly(given, y, current);
        const made = evaluateAsymmetric(createOutput(rows), Int32Array.from(y), { currentRows: current, weight });
        expect(Math.abs(made.loss - slow(rows))).toBeLessThan(1e-5);
        expect(measureDifference(made.dOutput, differentiateSlowly(slow, rows))).toBeLessThan(1e-4);
      }),
    );
  });
});

describe("ERACEPlugin", () => {
  test("adds what is remembered to each minibatch, and remembers minibatches of the first epoch", async () => {
    const plugin = new ERACEPlugin({ memSize: 500, batchSizeMem: 6 });
    const offered: string[] = [];
    const sizes: number[] = [];
    const listener = createListener(["afterForward", "afterTrainingIteration"], (callback, { mbatch, clock }) => {
      const samples = listSamples(mbatch);
      if (callback === "afterForward") {
        sizes.push(samples.length);
        const remembered = samples.slice(16);
        expect(remembered.every((sample) => offered.includes(sample))).toBe(true);
        if (clock.trainExpEpochs === 0) offered.push(...samples.slice(0, 16));
      } else expect(listSamples(plugin.storagePolicy.buffer).sort()).toEqual(offered.toSorted());
    });
    const strategy = new Naive(makeOptions({ plugins: [plugin, listener], trainEpochs: 2 }));
    await withStrategy(strategy, () => strategy.train(benchmark.trainStream));
    expect(sizes).toEqual([16, ...new Array(15).fill(22)]);
    expect(new Set(offered).size).toBe(128);
  });

  test("trains on the asymmetric loss", async () => {
    let compared = 0;
    const listener = createListener(["afterTrainingIteration"], (_, { mbOutput, mbY, loss }) => {
      const made = evaluateAsymmetric(mbOutput, mbY, { currentRows: 16, weight: 1 });
      expect(Math.abs(loss - made.loss)).toBeLessThan(1e-6);
      compared += 1;
    });
    const strategy = new ER_ACE({ ...makeOptions({ plugins: [listener] }), memSize: 20 });
    await withStrategy(strategy, () => strategy.train(benchmark.trainStream));
    expect(compared).toBe(8);
    expect(strategy.plan.reasons).toEqual(["ERACEPlugin replaces the criterion"]);
  });

  test("with compatibility avalanche fills its memory beforehand, and halves the loss from the second experience on", async () => {
    const plugin = new ERACEPlugin({ memSize: 12, batchSizeMem: 6, compatibility: "avalanche" });
    const sizes: number[] = [];
    const counts: number[][] = [];
    const listener = createListener(["beforeForward", "afterTrainingIteration"], (callback, strategy) => {
      const { mbOutput, mbY, loss, clock } = strategy;
      if (callback === "beforeForward") {
        const { targets } = plugin.storagePolicy.buffer;
        counts.push([0, 1, 2, 3].map((label) => targets.filter((y) => y === label).length));
        return;
      }
      const isFirst = clock.trainExpCounter === 0;
      const made = evaluateAsymmetric(mbOutput, mbY, { currentRows: isFirst ? 0 : 16, weight: isFirst ? 1 : 0.5 });
      expect(Math.abs(loss - made.loss)).toBeLessThan(1e-6);
      sizes.push(mbY.length);
    });
    const strategy = new Naive(makeOptions({ plugins: [plugin, listener] }));
    await withStrategy(strategy, () => strategy.train(benchmark.trainStream));
    expect(sizes).toEqual([16, 16, 22, 22, 22, 22, 22, 22]);
    expect(counts.filter((_, i) => i % 2 === 0)).toEqual([
      [12, 0, 0, 0],
      [6, 6, 0, 0],
      [4, 4, 4, 0],
      [3, 3, 3, 3],
    ]);
  });

  test("ERACEPlugin() refuses options out of range, and works with no other plugin that replaces the criterion", () => {
    expect(() => new ERACEPlugin({ memSize: 0 })).toThrow("ERACEPlugin: memSize must be at least 1, got 0");
    expect(() => new ERACEPlugin({ batchSizeMem: 0 })).toThrow("batchSizeMem");
    expect(() => Reflect.construct(ERACEPlugin, [{ compatibility: "x" }])).toThrow("compatibility");
    expect(() => new ER_ACE(makeOptions({ plugins: [new ERACEPlugin()] }))).toThrow(
      'ERACEPlugin needs nothing beside it that replaces the criterion, got "ERACEPlugin"',
    );
  });
});

describe("ER_ACE", () => {
  test("is Naive with an ERACEPlugin after the other plugins", async () => {
    const own = { memSize: 20, batchSizeMem: 5 };
    const made = await trainParameters(new ER_ACE({ ...makeOptions(), ...own }), benchmark);
    expect(made).toEqual(await trainParameters(new Naive(makeOptions({ plugins: [new ERACEPlugin(own)] })), benchmark));
  });
});
