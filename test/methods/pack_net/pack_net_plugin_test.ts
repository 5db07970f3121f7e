import { describe, expect, test } from "bun:test";
import * as tf from "@tensorflow/tfjs";
import fc from "fast-check";
import { findEntry } from "../../../src/core/parameter_layout.ts";
import type { PackNetOptions } from "../../../src/methods/pack_net/options.ts";
import { claimLargest, PackNet, PackNetPlugin } from "../../../src/methods/pack_net/pack_net_plugin.ts";
import type { MLPOptions } from "../../../src/models/options.ts";
import { pnn } from "../../../src/models/pnn.ts";
import { mlp } from "../../../src/models/simple_mlp.ts";
import { Adam } from "../../../src/optimizers/adam.ts";
import type { BaseStrategy } from "../../../src/training/loop/base_strategy.ts";
import { SMALL_MLP } from "../../support/made_cluster.ts";
import { createListener } from "../../training/loop/callback_recorder.ts";
import { makeBenchmark, makeOptions, withStrategy } from "../../training/loop/made_strategy.ts";
import { measureDifference } from "../shared/slow_losses.ts";

const { trainStream, testStream } = makeBenchmark({ experiences: 4, samples: 96, taskLabels: true });

function createPackNet(
  options: Partial<PackNetOptions> = {},
  model: MLPOptions = {},
  plugins = [createListener([], () => {})],
) {
  return new PackNet({
    ...makeOptions({ trainEpochs: 4, optimizer: new Adam({ learningRate: 0.02, weightDecay: 0.1 }), plugins }),
    model: mlp({ ...SMALL_MLP, ...model }),
    postPruneEpochs: 2,
    ...options,
  });
}

/** The logits that evaluation of each experience sees, by its number. */
function recordOutputs(outputs: Map<number, Float32Array>) {
  return createListener(["afterEvalIteration"], (_, { experience, mbOutput }) => {
    outputs.set(experience.currentExperience, mbOutput.data.slice());
  });
}

describe("PackNetPlugin", () => {
  for (const [name, model, tolerance] of [
    ["bit for bit, with one head for all", {}, 0],
    // A wider head adds up in another order.
    ["but for rounding, with a head a task", { multiHead: true }, 1e-6],
    ["but for rounding, with a growing head", { incremental: true, initialUnits: 1 }, 1e-6],
  ] as const) {
    test(`forgets nothing of what an experience learned, ${name}`, async () => {
      const outputs = new Map<number, Float32Array>();
      const learned = new Map<number, readonly number[]>();
      const strategy = createPackNet({}, model, [recordOutputs(outputs)]);
      await withStrategy(strategy, async () => {
        for (const [i, experience] of [...trainStream].entries()) {
          const before = strategy.clock.trainIterations;
          await strategy.train(experience);
          expect(strategy.clock.trainIterations).toBeGreaterThan(before);
          const whole = strategy.parameters.slice();
          await strategy.eval(testStream.slice(0, i + 1));
          expect(strategy.parameters.slice()).toEqual(whole);
          for (const [task, logits] of outputs) {
            // What a head has grown by since is no output of the task's own.
            const classes = [...testStream.at(task).classesInThisExperience];
            const width = logits.length / testStream.at(task).dataset.length;
            const own = Array.from(logits).filter((_, j) => classes.includes(j % width));
            expect(measureDifference(own, learned.get(task) ?? own)).toBeLessThanOrEqual(tolerance);
            learned.set(task, own);
          }
        }
      });
      expect(learned.size).toBe(4);
    });
  }

  test("gives up the share asked for of each kernel's free weights, which later experiences use", async () => {
    const zeros: number[][] = [];
    const counting = createListener(["afterTrainingExp"], (_, strategy) => {
      const { layout } = strategy.cluster.model;
      zeros.push(["fc0/kernel", "classifier/kernel"].map((name) => countZeros(strategy, findEntry(layout, name))));
    });
    const strategy = createPackNet({ pruneProportion: [0.5, 0.25, 1] });
    const ending = createListener(["afterTraining"], () => {});
    await withStrategy(strategy, async () => {
      for (const experience of trainStream) {
        await strategy.train(experience);
        await counting.afterTrainingExp?.(strategy);
      }
    });
    expect(ending.name).toBe("listener");
    // 48 and 32 weights: half given up, then a quarter of those, then all.
    expect(zeros).toEqual([
      [24, 16],
      [6, 4],
      [6, 4],
      [6, 4],
    ]);
  });

  test("changes no weight of earlier experiences, and biases in the first alone", async () => {
    const ends: Float32Array[] = [];
    const strategy = createPackNet();
    await withStrategy(strategy, async () => {
      for (const experience of trainStream) {
        await strategy.train(experience);
        ends.push(strategy.parameters.slice());
      }
      const [first = new Float32Array(), ...others] = ends;
      const { entries } = strategy.cluster.model.layout;
      for (const { name, offset, size } of entries) {
        for (let i = offset; i < offset + size; i++) {
          if (first[i] === 0 && name.endsWith("kernel")) continue;
          for (const end of others) expect(end[i]).toBe(first[i] ?? Number.NaN);
        }
      }
      expect(others[0]).not.toEqual(first);
    });
  });

  test("evaluates the experience being trained with all that it has, also before it has pruned", async () => {
    const outputs = new Map<number, Float32Array>();
    const compared: boolean[] = [];
    const peeking = createListener(["afterTrainingEpoch"], async (_, strategy) => {
      const { dataset } = testStream.at(strategy.experience.currentExperience);
      await strategy.eval(testStream.at(strategy.experience.currentExperience));
      const { data } = await strategy.forwardWith(strategy.parameters, dataset);
      expect(outputs.get(strategy.experience.currentExperience)).toEqual(data);
      compared.push(true);
    });
    const strategy = createPackNet({}, {}, [recordOutputs(outputs), peeking]);
    await withStrategy(strategy, () => strategy.train(trainStream.slice(0, 2)));
    expect(compared).toHaveLength(8);
  });

  test("prunes when training stops before its epochs are over", async () => {
    const stopping = createListener(["afterTrainingIteration"], (_, strategy) => strategy.stopTraining());
    const strategy = createPackNet({}, {}, [stopping]);
    await withStrategy(strategy, async () => {
      await strategy.train(trainStream.at(0));
      expect(countZeros(strategy, findEntry(strategy.cluster.model.layout, "fc0/kernel"))).toBe(24);
    });
  });

  test("PackNetPlugin() refuses options out of range, PackNet() too few epochs, layer state and columns", () => {
    expect(() => new PackNetPlugin({ postPruneEpochs: -1 })).toThrow(
      "PackNetPlugin: postPruneEpochs must be at least 0, got -1",
    );
    const excessive = { postPruneEpochs: 1, pruneProportion: [0.5, 1.5] };
    expect(() => new PackNetPlugin(excessive)).toThrow(
      "PackNetPlugin: pruneProportion[1] must be from 0 to 1, got 1.5",
    );
    const hasty = () => createPackNet({ postPruneEpochs: 4 });
    expect(hasty).toThrow("needs more trainEpochs than postPruneEpochs (4), got 4");
    const normalized = tf.sequential({
      layers: [
        tf.layers.dense({ name: "fc0", units: 4, inputShape: [6] }),
        tf.layers.batchNormalization({ name: "norm" }),
        tf.layers.dense({ name: "classifier", units: 4 }),
      ],
    });
    const create = (model: tf.LayersModel) =>
      new PackNet({ ...makeOptions({ trainEpochs: 2 }), model, postPruneEpochs: 1 });
    expect(() => create(normalized)).toThrow("PackNetPlugin needs a model without layer state");
    expect(() => create(pnn({ inputShape: [6] }))).toThrow(
      'PackNetPlugin needs a model without columns, as those of a progressive network keep tasks apart themselves, got "pnn"',
    );
  });
});

function countZeros({ parameters }: BaseStrategy, { offset, size }: { offset: number; size: number }): number {
  return parameters.slice(offset, offset + size).filter((w) => w === 0).length;
}

describe("claimLargest()", () => {
  test("keeps what is at least as large as anything that it gives up, and leaves the others alone", () => {
    const cases = fc.record({
      values: fc.array(fc.float({ noNaN: true, min: -2, max: 2 }), { minLength: 1, maxLength: 30 }),
      proportion: fc.double({ min: 0, max: 1, noNaN: true }),
      seed: fc.nat(),
    });
    fc.assert(
      fc.property(cases, ({ values, proportion, seed }) => {
        const free = values.map((_, i) => i).filter((i) => ((seed >> (i % 20)) & 1) === 1);
        const parameters = Float32Array.from(values);
        const owners = new Float32Array(values.length);
        claimLargest(parameters, free, { owners, owner: 7, proportion });
        const kept = free.filter((i) => owners[i] === 7);
        const given = free.filter((i) => owners[i] === 0);
        expect(given).toHaveLength(Math.round(proportion * free.length));
        const size = (i: number) => Math.abs(Math.fround(values[i] ?? 0));
        for (const i of given) {
          expect(Math.abs(parameters[i] ?? 1)).toBe(0);
          for (const j of kept) expect(size(j)).toBeGreaterThanOrEqual(size(i));
        }
        for (const [i, value] of values.entries()) {
          if (!given.includes(i)) expect(parameters[i]).toBe(Math.fround(value));
          if (!free.includes(i)) expect(owners[i]).toBe(0);
        }
      }),
    );
  });
});
