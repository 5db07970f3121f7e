import { describe, expect, test } from "bun:test";
import { elementAt } from "../../../src/core/element_at.ts";
import { findEntry, viewEntry } from "../../../src/core/parameter_layout.ts";
import { RandomStream } from "../../../src/core/random_stream.ts";
import { Dataset } from "../../../src/data/dataset.ts";
import { readSamples } from "../../../src/data/read_samples.ts";
import { LAE, LAEPlugin } from "../../../src/methods/lae/lae_plugin.ts";
import { Naive } from "../../../src/methods/naive/naive.ts";
import { NCMPlugin } from "../../../src/methods/ncm/ncm_plugin.ts";
import { mlp } from "../../../src/models/simple_mlp.ts";
import { SGD } from "../../../src/optimizers/sgd.ts";
import { createOnlineStream } from "../../../src/streams/online_experience.ts";
import type { BaseStrategy } from "../../../src/training/loop/base_strategy.ts";
import { SMALL_MLP } from "../../support/made_cluster.ts";
import { createListener } from "../../training/loop/callback_recorder.ts";
import { makeBenchmark, makeOptions, withStrategy } from "../../training/loop/made_strategy.ts";
import { measureDifference, slowCrossEntropy } from "../shared/slow_losses.ts";
import { predictSlowly, type SlowLayer, type SlowMinibatch, type SlowNetwork, trainSlowly } from "./slow_lae.ts";

const benchmark = makeBenchmark({ experiences: 2, samples: 120 });
const { testStream } = benchmark;
/** Classes 0 and 1, 2 and 3, and 0 and 1 once more: one class alone would teach nothing. */
const experiences = [0, 1, 0].map((at) => benchmark.trainStream.at(at));
/** The first layer stands for adapters. */
const OWN = { parameters: ["fc0"], decay: 0.9, heldShare: 0.5 } as const;

function toRows({ data, shape: [rows = 0] }: { readonly data: Float32Array; readonly shape: readonly number[] }) {
  const width = data.length / rows;
  return Array.from({ length: rows }, (_, row) => [...data.subarray(row * width, (row + 1) * width)]);
}

/** A layer of a strategy's model, out of a vector [P]. */
function readLayer({ cluster }: BaseStrategy, vector: Float32Array, name: string): SlowLayer {
  const { layout } = cluster.model;
  const entry = findEntry(layout, `${name}/kernel`);
  const kernel = toRows({ data: viewEntry(vector, entry), shape: entry.shape });
  return { kernel, bias: [...viewEntry(vector, findEntry(layout, `${name}/bias`))] };
}

function readNetwork(strategy: BaseStrategy): SlowNetwork {
  const read = (name: string) => readLayer(strategy, strategy.parameters, name);
  return { adapter: read("fc0"), classifier: read("classifier") };
}

const flatten = ({ kernel, bias }: SlowLayer) => [...kernel.flat(), ...bias];

describe("LAEPlugin", () => {
  test("learns, accumulates and predicts as the slow version does", async () => {
    const plugin = new LAEPlugin(OWN);
    const trained: { classes: readonly number[]; minibatches: SlowMinibatch[] }[] = [];
    let start: SlowNetwork | undefined;
    const noting = createListener(["beforeTrainingExp", "beforeForward"], (callback, strategy) => {
      if (callback === "beforeForward") {
        const { mbX, mbY } = strategy;
        trained.at(-1)?.minibatches.push({ x: toRows(mbX), y: [...mbY] });
        return;
      }
      start ??= readNetwork(strategy);
      trained.push({ classes: strategy.experience.classesInThisExperience, minibatches: [] });
    });
    const optimizer = new SGD({ learningRate: 0.1, momentum: 0.8 });
    const strategy = new Naive({ ...makeOptions({ plugins: [noting, plugin], trainEpochs: 4 }), optimizer });
    await withStrategy(strategy, async () => {
      await strategy.train(experiences);
      const iterations = trained.map(({ minibatches }) => minibatches.length);
      // 60 samples in minibatches of 16, four times.
      expect(iterations).toEqual([16, 16, 16]);
      if (!start) throw new Error("nothing was trained");
      const settings = { learningRate: 0.1, momentum: 0.8, decay: 0.9, heldIterations: 8 };
      const { network, offline } = trainSlowly(start, trained, settings);
      const fast = readNetwork(strategy);
      const kept = readLayer(strategy, plugin.offline ?? new Float32Array(0), "fc0");
      for (const [own, slow] of [
        [fast.adapter, network.adapter],
        [fast.classifier, network.classifier],
        [kept, offline],
      ] as const) {
        expect(measureDifference(flatten(own), flatten(slow))).toBeLessThan(1e-5);
      }
      expect(measureDifference(flatten(kept), flatten(fast.adapter))).toBeGreaterThan(1e-3);
      const seen: number[][] = [];
      const samples: number[][] = [];
      for (const { dataset } of testStream) {
        seen.push(...toRows((await strategy.predict(dataset)).values));
        samples.push(...toRows(readSamples(dataset)));
      }
      const wanted = samples.map((x) => predictSlowly(x, network, offline));
      expect(measureDifference(seen.flat(), wanted.flat())).toBeLessThan(1e-4);
    });
  });

  test("holds the adapter still in the first share of each experience's iterations, but the first's", async () => {
    for (const heldShare of [0, 0.3, 0.9]) {
      const held: number[] = [];
      let [before, count]: [Float32Array, number] = [new Float32Array(0), 0];
      const noting = createListener(
        ["beforeTrainingExp", "beforeTrainingIteration", "afterUpdate"],
        (callback, { parameters, cluster }) => {
          if (callback === "beforeTrainingExp") held.push(0);
          const { offset, size } = findEntry(cluster.model.layout, "fc0/kernel");
          const own = parameters.slice(offset, offset + size);
          if (callback === "beforeTrainingIteration") before = own;
          if (callback === "afterUpdate" && measureDifference(own, before) === 0) held[held.length - 1] = ++count;
          if (callback === "beforeTrainingExp") count = 0;
        },
      );
      const strategy = new Naive(
        makeOptions({ plugins: [new LAEPlugin({ ...OWN, heldShare }), noting], trainEpochs: 5 }),
      );
      await withStrategy(strategy, () => strategy.train(experiences));
      // Of 20 iterations each.
      expect(held).toEqual([0, 20 * heldShare, 20 * heldShare]);
    }
  });

  test("predicts with the network as it is until the second experience, and trains on as if nobody had", async () => {
    const alone = new LAE({ ...makeOptions(), ...OWN });
    const plain = await withStrategy(alone, async () => {
      await alone.train(experiences);
      return alone.parameters.slice();
    });
    for (const ensemble of [true, false]) {
      const plugin = new LAEPlugin({ ...OWN, ensemble });
      const differences: number[] = [];
      const comparing = createListener(["afterEvalForward"], async (_, strategy) => {
        const { data } = await strategy.forwardWith(trained, strategy.mbatch);
        differences.push(measureDifference(data, strategy.mbOutput.data));
      });
      let trained: Float32Array = new Float32Array(0);
      const noting = createListener(["beforeEval"], (_, { parameters }) => {
        trained = parameters.slice();
      });
      const options = makeOptions({ plugins: [noting, plugin, comparing] });
      await withStrategy(new Naive(options), async (strategy) => {
        await strategy.train(experiences.slice(0, 1));
        await strategy.eval(testStream);
        expect(plugin.offline).toBeUndefined();
        expect(Math.max(...differences)).toBe(0);
        differences.length = 0;
        await strategy.train(experiences.slice(1));
        await strategy.eval(testStream);
        expect(Math.min(...differences)).toBeGreaterThan(1e-3);
        expect(measureDifference(strategy.parameters, plain)).toBe(0);
        const expert = Float32Array.from(plain);
        const { offset, size } = findEntry(strategy.cluster.model.layout, "fc0/kernel");
        const bias = findEntry(strategy.cluster.model.layout, "fc0/bias");
        expert.set(plugin.offline?.subarray(offset, offset + size) ?? [], offset);
        expert.set(plugin.offline?.subarray(bias.offset, bias.offset + bias.size) ?? [], bias.offset);
        const { dataset } = testStream.at(0);
        const offline = await strategy.forwardWith(expert, dataset);
        const { values } = await strategy.predict(dataset);
        expect(measureDifference(values.data, offline.data) < 1e-6).toBe(!ensemble);
      });
    }
  });

  test("begins to accumulate, and to hold still, behind all pieces of the first experience", async () => {
    const random = new RandomStream(1, "online");
    const online = createOnlineStream(benchmark.trainStream, { experienceSize: 20, random, shuffle: false });
    const plugin = new LAEPlugin(OWN);
    const starts: boolean[] = [];
    const noting = createListener(["afterTrainingExp"], () => void starts.push(plugin.offline !== undefined));
    await withStrategy(new Naive(makeOptions({ plugins: [plugin, noting] })), async (strategy) => {
      for (const experience of online) await strategy.train(experience);
    });
    expect(starts).toEqual([false, false, false, true, true, true]);
  });

  test("grows with a head, in evaluation too, and keeps both adapters", async () => {
    const grown: Float32Array[] = [];
    for (const ensemble of [true, false]) {
      const plugin = new LAEPlugin({ ...OWN, ensemble });
      const model = mlp({ ...SMALL_MLP, incremental: true, initialUnits: 1 });
      await withStrategy(new Naive({ ...makeOptions({ plugins: [plugin] }), model }), async (strategy) => {
        const readAdapters = () => {
          const vectors = [strategy.parameters, plugin.offline ?? new Float32Array(0)];
          return vectors.map((vector) => readLayer(strategy, vector, "fc0"));
        };
        await strategy.train([0, 0].map((at) => benchmark.trainStream.at(at)));
        const before = readAdapters();
        const { length } = strategy.parameters;
        await strategy.eval(testStream);
        expect(strategy.parameters.length).toBeGreaterThan(length);
        expect(plugin.offline?.length).toBe(strategy.parameters.length);
        expect(readAdapters()).toEqual(before);
        expect(before[0]).not.toEqual(before[1]);
        grown.push(strategy.parameters.slice());
      });
    }
    // An evaluation gives back all that it has taken away.
    expect(grown[0]).toEqual(grown[1]);
  });

  test("has remembered samples compete with the experience's classes and those of their minibatch", async () => {
    const first = elementAt(experiences, 0).dataset;
    const losses: number[] = [];
    const wanted: number[] = [];
    const remembering = createListener(["beforeTrainingIteration", "beforeBackward"], (callback, strategy) => {
      if (callback === "beforeTrainingIteration") {
        if (strategy.clock.trainExpCounter > 0) strategy.mbatch = Dataset.concat([strategy.mbatch, first.subset([0])]);
        return;
      }
      const { mbOutput, mbY, loss } = strategy;
      const own = strategy.clock.trainExpCounter === 0 ? [0, 1] : [2, 3, first.targets[0] ?? -1];
      const y = Array.from(mbY, (id) => own.indexOf(id));
      losses.push(loss);
      wanted.push(
        slowCrossEntropy(0)(
          toRows(mbOutput).map((row) => own.map((id) => row[id] ?? 0)),
          y,
        ),
      );
    });
    const strategy = new Naive(makeOptions({ plugins: [remembering, new LAEPlugin(OWN)] }));
    await withStrategy(strategy, () => strategy.train(experiences.slice(0, 2)));
    expect(losses).toHaveLength(8);
    expect(measureDifference(losses, wanted)).toBeLessThan(1e-5);
  });

  test("refuses a model without adapters, one without anything else, and what cannot be meant", () => {
    expect(() => new LAE(makeOptions())).toThrow(
      "LAEPlugin: parameters must match some of what the model trains, fc0/kernel, fc0/bias, classifier/kernel, " +
        'classifier/bias; got "*.lora_A" (models from onnx:path=FILE,adapter=lora have adapters)',
    );
    expect(() => new LAE({ ...makeOptions(), parameters: ["fc0", "cl*"] })).toThrow(
      "LAEPlugin: parameters must leave some of fc0/kernel, fc0/bias, classifier/kernel, classifier/bias to the classifier, got all",
    );
    expect(() => new LAEPlugin({ parameters: ["/(/"] })).toThrow(
      'LAEPlugin: parameters must be a regular expression that is well-formed, got "/(/"',
    );
    expect(() => new LAEPlugin({ decay: 1.1 })).toThrow("LAEPlugin: decay must be from 0 to 1, got 1.1");
    expect(() => new LAEPlugin({ heldShare: 1 })).toThrow("LAEPlugin: heldShare must be at least 0 and below 1, got 1");
    expect(() => new LAE({ ...makeOptions({ plugins: [new NCMPlugin()] }), ...OWN })).toThrow(
      "LAEPlugin needs nothing beside it that replaces the predictions",
    );
  });
});
