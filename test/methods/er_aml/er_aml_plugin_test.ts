import { describe, expect, test } from "bun:test";
import { readSamples } from "../../../src/data/read_samples.ts";
import { evaluateAsymmetricContrast } from "../../../src/methods/er_aml/asymmetric_contrast.ts";
import { ER_AML, ERAMLPlugin } from "../../../src/methods/er_aml/er_aml_plugin.ts";
import { Naive } from "../../../src/methods/naive/naive.ts";
import { listSamples } from "../../support/made_dataset.ts";
import { createListener } from "../../training/loop/callback_recorder.ts";
import { makeBenchmark, makeOptions, trainParameters, withStrategy } from "../../training/loop/made_strategy.ts";
import { createOutput, measureDifference, slowCrossEntropy } from "../shared/slow_losses.ts";
import { applyMLPSlowly, listRows } from "../shared/slow_mlp.ts";

const benchmark = makeBenchmark({ experiences: 4, samples: 128 });

describe("ERAMLPlugin", () => {
  test("adds what is remembered to each minibatch, and remembers minibatches of the first epoch", async () => {
    const plugin = new ERAMLPlugin({ memSize: 500, batchSizeMem: 6 });
    const offered: string[] = [];
    const sizes: number[] = [];
    const listener = createListener(["afterForward", "afterTrainingIteration"], (callback, { mbatch, clock }) => {
      const samples = listSamples(mbatch);
      if (callback === "afterForward") {
        sizes.push(samples.length);
        expect(samples.slice(16).every((sample) => offered.includes(sample))).toBe(true);
        if (clock.trainExpEpochs === 0) offered.push(...samples.slice(0, 16));
      } else expect(listSamples(plugin.storagePolicy.buffer).sort()).toEqual(offered.toSorted());
    });
    const strategy = new Naive(makeOptions({ plugins: [plugin, listener], trainEpochs: 2 }));
    await withStrategy(strategy, () => strategy.train(benchmark.trainStream));
    expect(sizes).toEqual([16, ...new Array(15).fill(22)]);
    expect(new Set(offered).size).toBe(128);
  });

  test("learns what is remembered by cross-entropy, and moves new samples' features by the contrastive loss alone", async () => {
    // Two classes an experience: each new sample has a negative.
    const { trainStream } = makeBenchmark({ experiences: 2, samples: 128 });
    let compared = 0;
    const listener = createListener(["afterBackward"], async (_, strategy) => {
      const { mbatch, mbOutput, mbY, loss, gradient, clock } = strategy;
      const output = Array.from({ length: mbY.length }, (_, row) => [...mbOutput.data.subarray(4 * row, 4 * row + 4)]);
      const start = clock.trainIterations === 0 ? 0 : 16;
      const plain = slowCrossEntropy(0)(output.slice(start), [...mbY.subarray(start)]);
      const ofRows = mbatch.subset(Array.from({ length: mbY.length - start }, (_, i) => start + i));
      const rest = (await strategy.gradientOn(ofRows)).map((value, i) => (gradient[i] ?? 0) - value);
      // The head learns from what is remembered alone.
      expect(measureDifference(rest.slice(56), new Float32Array(rest.length - 56))).toBeLessThan(1e-6);
      if (clock.trainIterations === 0) {
        expect(Math.abs(loss - plain)).toBeLessThan(1e-5);
        return;
      }
      expect(loss).toBeGreaterThan(plain);
      // A step against the rest lowers the mean contrast of new samples with each other.
      const x = listRows(readSamples(mbatch.subset(Array.from({ length: 16 }, (_, i) => i))).data);
      const contrast = (layer: Float32Array) => {
        const features = createOutput([...x, ...x].map((row) => applyMLPSlowly(layer, row).features));
        const y = Int32Array.from([...mbY.subarray(0, 16), ...mbY.subarray(0, 16)]);
        return evaluateAsymmetricContrast(features, y, { anchors: 16, temperature: 0.1 }).loss;
      };
      const layer = strategy.parameters.slice(0, 56);
      const length = Math.hypot(...rest.subarray(0, 56));
      const moved = layer.map((value, i) => value - (0.003 * (rest[i] ?? 0)) / length);
      if (contrast(moved) < contrast(layer)) compared += 1;
    });
    const strategy = new ER_AML({ ...makeOptions({ plugins: [] }), memSize: 20 });
    const listened = new Naive(makeOptions({ plugins: [new ERAMLPlugin({ memSize: 20 }), listener] }));
    await withStrategy(listened, () => listened.train(trainStream));
    expect(compared).toBeGreaterThanOrEqual(6);
    await withStrategy(strategy, () => strategy.train(trainStream));
    expect(strategy.plan.reasons).toEqual([
      "ERAMLPlugin replaces the criterion",
      "ERAMLPlugin listens to afterBackward",
    ]);
  });

  test("with one class in a minibatch learns from what is remembered alone: no negative competes", async () => {
    const differences: number[] = [];
    const listener = createListener(["afterBackward"], async (_, strategy) => {
      const { mbatch, gradient, clock } = strategy;
      if (clock.trainIterations === 0) return;
      const remembered = mbatch.subset(Array.from({ length: mbatch.length - 16 }, (_, i) => 16 + i));
      differences.push(measureDifference(gradient.slice(), await strategy.gradientOn(remembered)));
    });
    const strategy = new Naive(makeOptions({ plugins: [new ERAMLPlugin({ memSize: 20 }), listener] }));
    await withStrategy(strategy, () => strategy.train(benchmark.trainStream));
    expect(differences.length).toBe(7);
    expect(Math.max(...differences)).toBeLessThan(1e-6);
  });

  test("with compatibility avalanche fills its memory beforehand, and draws all other classes as negatives", async () => {
    const plugin = new ERAMLPlugin({ memSize: 12, batchSizeMem: 6, compatibility: "avalanche" });
    const sizes: number[] = [];
    const counts: number[][] = [];
    let contrasted = 0;
    const listener = createListener(["beforeForward", "afterBackward"], async (callback, strategy) => {
      const { mbatch, gradient } = strategy;
      if (callback === "beforeForward") {
        const { targets } = plugin.storagePolicy.buffer;
        counts.push([0, 1, 2, 3].map((label) => targets.filter((y) => y === label).length));
        return;
      }
      sizes.push(mbatch.length);
      if (mbatch.length === 16) return;
      const remembered = mbatch.subset(Array.from({ length: 6 }, (_, i) => 16 + i));
      if (measureDifference(gradient.slice(), await strategy.gradientOn(remembered)) > 1e-3) contrasted += 1;
    });
    const strategy = new Naive(makeOptions({ plugins: [plugin, listener] }));
    await withStrategy(strategy, () => strategy.train(benchmark.trainStream));
    expect(sizes).toEqual([16, 16, 22, 22, 22, 22, 22, 22]);
    expect(contrasted).toBe(6);
    expect(counts.filter((_, i) => i % 2 === 0)).toEqual([
      [12, 0, 0, 0],
      [6, 6, 0, 0],
      [4, 4, 4, 0],
      [3, 3, 3, 3],
    ]);
  });

  test("ERAMLPlugin() refuses options out of range, and works with no other plugin that replaces the criterion", () => {
    expect(() => new ERAMLPlugin({ memSize: 0 })).toThrow("ERAMLPlugin: memSize must be at least 1, got 0");
    expect(() => new ERAMLPlugin({ batchSizeMem: 0 })).toThrow("batchSizeMem");
    expect(() => new ERAMLPlugin({ temperature: 0 })).toThrow("temperature");
    expect(() => new ERAMLPlugin({ baseTemperature: -1 })).toThrow("baseTemperature");
    expect(() => Reflect.construct(ERAMLPlugin, [{ compatibility: "x" }])).toThrow("compatibility");
    expect(() => new ER_AML(makeOptions({ plugins: [new ERAMLPlugin()] }))).toThrow(
      'ERAMLPlugin needs nothing beside it that replaces the criterion, got "ERAMLPlugin"',
    );
  });

  test("refuses a layer that the model does not have", () => {
    const plugins = [new ERAMLPlugin({ layerName: "feature" })];
    expect(() => new Naive(makeOptions({ plugins }))).toThrow('ERAMLPlugin: unknown layer "feature"');
  });
});

describe("ER_AML", () => {
  test("is Naive with an ERAMLPlugin after the other plugins", async () => {
    const layerName = makeOptions().model.layers[1]?.name ?? "";
    const options = { memSize: 20, batchSizeMem: 5, temperature: 0.5, baseTemperature: 1, layerName };
    const made = await trainParameters(new ER_AML({ ...makeOptions(), ...options }), benchmark);
    const plugin = new ERAMLPlugin(options);
    expect(made).toEqual(await trainParameters(new Naive(makeOptions({ plugins: [plugin] })), benchmark));
  });
});
