import { describe, expect, test } from "bun:test";
import * as tf from "@tensorflow/tfjs";
import type { HostTensor } from "../../../src/core/host_tensor.ts";
import { createArrayDataset } from "../../../src/data/array_dataset.ts";
import type { Dataset } from "../../../src/data/dataset.ts";
import { Standardization } from "../../../src/engine/tfjs/layers/standardization.ts";
import { FromScratchTraining } from "../../../src/methods/from_scratch_training/from_scratch_training_plugin.ts";
import { LatentReplayPlugin } from "../../../src/methods/latent_replay/latent_replay_plugin.ts";
import { Naive } from "../../../src/methods/naive/naive.ts";
import { simpleCNN } from "../../../src/models/simple_cnn.ts";
import { mlp } from "../../../src/models/simple_mlp.ts";
import { createDatasetBenchmark } from "../../../src/streams/benchmarks/dataset_benchmark.ts";
import type { BaseStrategy } from "../../../src/training/loop/base_strategy.ts";
import type { StrategyOptions } from "../../../src/training/loop/strategy_options.ts";
import type { StrategyPlugin } from "../../../src/training/loop/strategy_plugin.ts";
import { makeOptions, withStrategy } from "../loop/made_strategy.ts";
import { readExactly } from "./read_statistics.ts";

/** The features: spread, far from 0, always 7, and 0.5 until sample 6. All are exact in float32. */
const rows = Array.from({ length: 29 }, (_, i) => [
  ((i * 37) % 64) / 8 - 4,
  1e6 + ((i * 11) % 32) / 8,
  7,
  i < 6 ? 0.5 : (i % 5) / 4,
]);

/** `mean_`, `var_` and `scale_` of scikit-learn 1.9.1's StandardScaler after partial_fit of 5, 1, 20 and 3 of them. */
const RECORDED = [
  {
    samples: 5,
    mean: [-1.15, 1000001.15, 7, 0.5],
    variance: [4.62125, 1.0212499999999998, 0, 0],
    scale: [2.149709282670566, 1.0105691465703868, 1, 1],
  },
  {
    samples: 1,
    mean: [-0.4375, 1000001.4375, 7, 0.5],
    variance: [6.389322916666667, 1.26432291665551, 0, 0],
    scale: [2.5277110033915404, 1.1244211473711752, 1, 1],
  },
  {
    samples: 20,
    mean: [-0.03365384615384615, 1000001.8028846154, 7, 0.5],
    variance: [5.391295303254438, 1.2766503328376626, 0, 0.09615384615384616],
    scale: [2.321916299795158, 1.1298895224037007, 1, 0.31008683647302115],
  },
  {
    samples: 3,
    mean: [-0.21551724137931033, 1000001.8706896552, 7, 0.5],
    variance: [5.514974732461355, 1.3033219381534735, 0, 0.09051724137931035],
    scale: [2.3483983334309695, 1.141631261902666, 1, 0.30086083390715773],
  },
];

function makeDataset(name: string, x: readonly (readonly number[])[]): Dataset {
  return createArrayDataset({ name, x: Float32Array.from(x.flat()), y: x.map((_, i) => i % 2), sampleShape: [4] });
}

function makeBenchmark() {
  const ends = RECORDED.map((_, i) => RECORDED.slice(0, i + 1).reduce((sum, { samples }) => sum + samples, 0));
  const train = RECORDED.map(({ samples }, i) => {
    const end = ends[i] ?? 0;
    return makeDataset(`train ${i}`, rows.slice(end - samples, end));
  });
  // Never trained: it would move everything.
  const test = RECORDED.map((_, i) => makeDataset(`test ${i}`, [[1e4, 1e4, 1e4, 1e4]]));
  return createDatasetBenchmark({ name: "tables", train, test });
}

const createModel = () => mlp({ inputShape: [4], numClasses: 2, hiddenSize: 8, hiddenLayers: 1, standardize: true });

function createStrategy(options: Partial<StrategyOptions> = {}): BaseStrategy {
  return new Naive(makeOptions({ model: createModel(), trainMbSize: 8, ...options }));
}

function createScratch(plugins: readonly StrategyPlugin[]): BaseStrategy {
  return new FromScratchTraining(makeOptions({ model: createModel(), trainMbSize: 8, plugins }));
}

function expectNear(found: readonly number[], expected: readonly number[], tolerance: number): void {
  expect(found).toHaveLength(expected.length);
  for (const [i, value] of expected.entries()) {
    expect(Math.abs((found[i] ?? Number.NaN) - value)).toBeLessThanOrEqual(tolerance * (1 + Math.abs(value)));
  }
}

/** What training has left. */
interface Trained {
  readonly state: readonly number[];
  readonly parameters: readonly number[];
  readonly probabilities: HostTensor;
}

describe("adaptStatistics()", () => {
  test("learns what scikit-learn's StandardScaler.partial_fit learns, from training data alone", async () => {
    const { trainStream, testStream } = makeBenchmark();
    await withStrategy(createStrategy({ evalEvery: 0 }), async (strategy) => {
      let count = 0;
      for (const [i, { samples, mean, variance, scale }] of RECORDED.entries()) {
        await strategy.train(trainStream.at(i), { evalStreams: [testStream] });
        await strategy.eval(testStream);
        count += samples;
        const found = readExactly(strategy);
        expect(found.count).toBe(count);
        expectNear(found.mean, mean, 1e-13);
        // The exact second one is 1.264322916666…; two float32 hold a mean of 1e6 to 4e-9.
        expectNear(found.variance, variance, 1e-9);
        expectNear(found.scale, scale, 1e-7);
        expect(found.scale[2]).toBe(1);
      }
    });
  });

  test("gives the same bits on 0, 1 and 2 workers, and nearly the same in the other engine", async () => {
    const found: Trained[] = [];
    const layouts = [
      { workers: 0, logicalShards: 2 },
      { workers: 1, logicalShards: 2 },
      { workers: 2, logicalShards: 2 },
      { workers: 0, logicalShards: 2, engine: "tfjs" },
    ] as const;
    for (const cluster of layouts) {
      await withStrategy(createStrategy({ cluster, trainEpochs: 3 }), async (strategy) => {
        await strategy.train(makeBenchmark().trainStream);
        const { probabilities } = await strategy.predict(rows);
        found.push({ state: [...strategy.cluster.state], parameters: [...strategy.parameters], probabilities });
      });
    }
    const [inline, one, two, other] = found;
    expect(one).toEqual(inline);
    expect(two).toEqual(inline);
    expect(other?.state).toEqual(inline?.state);
    expectNear(other?.parameters ?? [], inline?.parameters ?? [], 1e-5);
    expectNear([...(other?.probabilities.data ?? [])], [...(inline?.probabilities.data ?? [])], 1e-5);
  });

  test("has the network see features of mean 0 and deviation 1, once their experience is trained", async () => {
    await withStrategy(createStrategy(), async (strategy) => {
      const whole = makeDataset("whole", rows);
      await strategy.train(createDatasetBenchmark({ name: "whole", train: [whole], test: [whole] }).trainStream);
      const request = { samples: whole, training: false, dropoutStep: 0 };
      const { data } = await strategy.cluster.activations(request, "standardization");
      // A float32 holds a mean of 1e6, as it holds the samples, to 0.03.
      for (const [c, tolerance] of [
        [0, 1e-6],
        [1, 0.03],
        [3, 1e-6],
      ] as const) {
        const values = rows.map((_, row) => data[row * 4 + c] ?? Number.NaN);
        const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
        const variance = values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / values.length;
        expectNear([mean, variance], [0, 1], tolerance);
      }
      expect(rows.map((_, row) => data[row * 4 + 2])).toEqual(rows.map(() => 0));
    });
  });

  test("measures the channels of images", async () => {
    const x = Float32Array.from({ length: 4 * 12 * 12 * 2 }, (_, i) => (i % 2 === 0 ? 5 : Math.sin(i)));
    const images = createArrayDataset({ name: "images", x, y: [0, 1, 0, 1], sampleShape: [12, 12, 2] });
    const { trainStream } = createDatasetBenchmark({ name: "images", train: [images], test: [images] });
    const model = simpleCNN({ inputShape: [12, 12, 2], numClasses: 2, standardize: true });
    await withStrategy(createStrategy({ model }), async (strategy) => {
      await strategy.train(trainStream);
      const odd = x.filter((_, i) => i % 2 === 1);
      const { count, mean, scale } = readExactly(strategy);
      const average = odd.reduce((sum, value) => sum + value, 0) / odd.length;
      const deviation = Math.sqrt(odd.reduce((sum, value) => sum + (value - average) ** 2, 0) / odd.length);
      expect(count).toBe(odd.length);
      expectNear(mean, [5, average], 1e-12);
      expectNear(scale, [1, deviation], 1e-7);
    });
  });

  test("goes on while other statistics begin anew, and stands still where latent replay holds the layer", async () => {
    const { trainStream } = makeBenchmark();
    const latentReplay = new LatentReplayPlugin({ layerName: "fc0", memSize: 4 });
    for (const [create, expected] of [
      [(plugins: StrategyPlugin[]) => createScratch(plugins), [0, 1, 2, 3]],
      [(plugins: StrategyPlugin[]) => createStrategy({ plugins: [latentReplay, ...plugins] }), [0, 0, 0, 0]],
    ] as const) {
      const means: (readonly number[])[] = [];
      const watch: StrategyPlugin = {
        name: "watch",
        beforeTrainingEpoch: (strategy) => void means.push(readExactly(strategy).mean),
      };
      await withStrategy(create([watch]), (strategy) => strategy.train(trainStream));
      for (const [i, last] of expected.entries()) expectNear(means[i] ?? [], RECORDED[last]?.mean ?? [], 1e-13);
    }
  });

  test("is refused anywhere but in the first layer", async () => {
    const inputShape = [4];
    const dense = () => tf.layers.dense({ units: 2, inputShape });
    const inner = () => tf.sequential({ layers: [new Standardization({ inputShape: [2], name: "late" })] });
    for (const layers of [
      [dense(), new Standardization({ name: "late" })],
      [dense(), inner()],
    ]) {
      const model = tf.sequential({ layers, name: "mine" });
      const sentence = 'the model mine needs Standardization layers that take its samples themselves, got "late"';
      expect(() => createStrategy({ model })).toThrow(sentence);
    }
    const model = tf.sequential({ layers: [new Standardization({ inputShape, name: "standardization" }), dense()] });
    await withStrategy(createStrategy({ model }), async (strategy) => {
      await strategy.train(makeBenchmark().trainStream);
      expectNear(readExactly(strategy).mean, RECORDED[3]?.mean ?? [], 1e-13);
    });
  });
});
