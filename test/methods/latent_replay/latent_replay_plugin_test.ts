import { describe, expect, test } from "bun:test";
import * as tf from "@tensorflow/tfjs";
import { viewEntry } from "../../../src/core/parameter_layout.ts";
import { readSamples } from "../../../src/data/read_samples.ts";
import { LatentReplayPlugin, shareOutPlaces } from "../../../src/methods/latent_replay/latent_replay_plugin.ts";
import { Naive } from "../../../src/methods/naive/naive.ts";
import { Replay } from "../../../src/methods/replay/replay_plugin.ts";
import type { BaseStrategy } from "../../../src/training/loop/base_strategy.ts";
import { createListener } from "../../training/loop/callback_recorder.ts";
import { makeBenchmark, makeOptions, withStrategy } from "../../training/loop/made_strategy.ts";
import { measureDifference, slowCrossEntropy } from "../shared/slow_losses.ts";
import { applyHeadSlowly, applyMLPSlowly, listRows } from "../shared/slow_mlp.ts";

const benchmark = makeBenchmark({ experiences: 4, samples: 256 });

/** The answers held, a row each. */
function listAnswers({ memory }: LatentReplayPlugin): number[][] {
  return listRows((memory.save() as { data: Float32Array }).data, 8);
}

describe("LatentReplayPlugin", () => {
  test("remembers what the layer answers, and that stays true: what lies before the cut is held", async () => {
    const plugin = new LatentReplayPlugin({ layerName: "dropout0", memSize: 60 });
    const classes: number[][] = [];
    let lower: Float32Array | undefined;
    const listener = createListener(["afterUpdate", "afterTrainingExp"], (callback, strategy) => {
      if (callback === "afterUpdate") {
        if (lower) expect(strategy.parameters.slice(0, 56)).toEqual(Float32Array.from(lower));
        return;
      }
      lower ??= strategy.parameters.slice(0, 56);
      const targets = plugin.memory.targets;
      classes.push([0, 1, 2, 3].map((label) => targets.filter((y) => y === label).length));
      const seen = [...benchmark.trainStream].slice(0, strategy.clock.trainExpCounter + 1);
      const known = seen.flatMap(({ dataset }) =>
        listRows(readSamples(dataset).data).map((x) => applyMLPSlowly(strategy.parameters, x).features),
      );
      for (const row of listAnswers(plugin)) {
        expect(known.some((features) => measureDifference(features, row) < 1e-5)).toBe(true);
      }
    });
    const strategy = new Naive(makeOptions({ plugins: [plugin, listener] }));
    await withStrategy(strategy, async () => {
      await strategy.train(benchmark.trainStream);
      expect(strategy.parameters.slice(56)).not.toEqual(new Float32Array(36));
    });
    // 60, then 30, 20 and 15 in the place of others.
    expect(classes[0]).toEqual([60, 0, 0, 0]);
    expect(classes[1]).toEqual([30, 30, 0, 0]);
    expect(classes[2]?.[2]).toBe(20);
    expect(classes[3]?.[3]).toBe(15);
    expect(classes.every((counts) => counts.reduce((sum, count) => sum + count, 0) === 60)).toBe(true);
  });

  test("minimises the mean over new samples and remembered answers", async () => {
    // All that is remembered is replayed at once: 8 of 16 places are for 8 answers.
    const plugin = new LatentReplayPlugin({ layerName: "fc0", memSize: 8 });
    let compared = 0;
    const before: { loss: number; gradient: Float32Array }[] = [];
    const first = createListener(["afterBackward"], (_, { loss, gradient }) => {
      before.push({ loss, gradient: gradient.slice() });
    });
    const second = createListener(["afterBackward"], async (_, strategy) => {
      if (strategy.clock.trainExpCounter === 0) return;
      const { mbatch, mbY, loss, gradient, parameters } = strategy;
      const answers = listAnswers(plugin);
      expect(mbatch.length).toBe(8);
      const rows = listRows(readSamples(mbatch).data).map((x) => applyMLPSlowly(parameters, x).logits);
      const y = [...mbY, ...plugin.memory.targets];
      const wanted = slowCrossEntropy(0)([...rows, ...answers.map((row) => applyHeadSlowly(parameters, row))], y);
      expect(Math.abs(loss - wanted)).toBeLessThan(1e-5);
      // What comes from new samples is half the gradient of their own mean.
      const own = await strategy.gradientOn(mbatch);
      expect(
        measureDifference(
          gradient.slice(0, 56),
          own.slice(0, 56).map((value) => value / 2),
        ),
      ).toBeLessThan(1e-6);
      // What comes from answers goes to the head alone: by differences of its loss.
      const head = (moved: Float32Array) =>
        slowCrossEntropy(0)(
          answers.map((row) => applyHeadSlowly(moved, row)),
          plugin.memory.targets,
        ) / 2;
      for (const i of [56, 63, 77, 91]) {
        const slope = [1e-2, -1e-2].map((by) => head(parameters.map((value, j) => (j === i ? value + by : value))));
        const wantedSlope = (own[i] ?? 0) / 2 + ((slope[0] ?? 0) - (slope[1] ?? 0)) / 2e-2;
        expect(Math.abs((gradient[i] ?? 0) - wantedSlope)).toBeLessThan(1e-3);
      }
      compared += 1;
    });
    const { trainStream } = makeBenchmark({ experiences: 4, samples: 32 });
    const strategy = new Naive(makeOptions({ plugins: [first, plugin, second] }));
    await withStrategy(strategy, () => strategy.train(trainStream));
    expect(compared).toBe(3);
    expect(before.length).toBe(4);
  });

  test("holds the statistics before the cut, and no others", async () => {
    const createNorm = (name: string) => tf.layers.batchNormalization({ name });
    const model = tf.sequential({
      layers: [
        tf.layers.dense({ name: "low", units: 5, inputShape: [6] }),
        createNorm("low_norm"),
        tf.layers.dense({ name: "high", units: 5 }),
        createNorm("high_norm"),
        tf.layers.dense({ name: "head", units: 4 }),
      ],
    });
    const states: { low: Float32Array; high: Float32Array }[] = [];
    const read = ({ cluster }: BaseStrategy, layer: string) =>
      Float32Array.from(
        cluster.model.stateLayout.entries
          .filter(({ name }) => name.startsWith(layer))
          .flatMap((entry) => [...viewEntry(cluster.state, entry)]),
      );
    const listener = createListener(["afterTrainingExp"], (_, strategy) => {
      states.push({ low: read(strategy, "low_norm"), high: read(strategy, "high_norm") });
    });
    const plugins = [new LatentReplayPlugin({ layerName: "low_norm", memSize: 20 }), listener];
    const strategy = new Naive(makeOptions({ model, plugins }));
    await withStrategy(strategy, () => strategy.train(benchmark.trainStream));
    const [first, ...others] = states;
    for (const { low, high } of others) {
      expect(low).toEqual(first?.low ?? new Float32Array(0));
      expect(high).not.toEqual(first?.high ?? new Float32Array(0));
    }
  });

  test("refuses options out of range, layers that will not do, and another plugin's loader", () => {
    expect(() => new LatentReplayPlugin({ layerName: "fc0", memSize: 0 })).toThrow("memSize");
    for (const [layerName, message] of [
      ["fc7", 'unknown layer "fc7", did you mean fc0?'],
      ["classifier", "before the last"],
    ] as const) {
      expect(() => new Naive(makeOptions({ plugins: [new LatentReplayPlugin({ layerName })] }))).toThrow(message);
    }
    const plugins = [new LatentReplayPlugin({ layerName: "fc0" })];
    const both = () => new Replay({ ...makeOptions({ plugins }), memSize: 20 });
    expect(both).toThrow(/LatentReplayPlugin.*"ReplayPlugin"/);
  });
});

describe("shareOutPlaces()", () => {
  test("deals the places of a minibatch by the sizes of experience and memory", () => {
    // ⌊(3000 + 1500) / 128⌋ = 35 minibatches, ⌊3000 / 35⌋ = 85.
    expect(shareOutPlaces(128, 3000, 1500)).toEqual({ batchSize: 85, replayed: 43 });
    expect(shareOutPlaces(16, 8, 8)).toEqual({ batchSize: 8, replayed: 8 });
    expect(shareOutPlaces(128, 10, 4)).toEqual({ batchSize: 10, replayed: 4 });
    expect(shareOutPlaces(1, 10, 1000)).toEqual({ batchSize: 1, replayed: 0 });
    expect(shareOutPlaces(4, 1, 1000)).toEqual({ batchSize: 1, replayed: 3 });
  });
});
