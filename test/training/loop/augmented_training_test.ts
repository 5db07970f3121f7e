import { describe, expect, test } from "bun:test";
import { RandomStream } from "../../../src/core/random_stream.ts";
import { createArrayDataset } from "../../../src/data/array_dataset.ts";
import type { Dataset } from "../../../src/data/dataset.ts";
import { readSamples } from "../../../src/data/read_samples.ts";
import { LwFPlugin } from "../../../src/methods/lwf/lwf_plugin.ts";
import { Naive } from "../../../src/methods/naive/naive.ts";
import { ReplayPlugin } from "../../../src/methods/replay/replay_plugin.ts";
import { mlp } from "../../../src/models/simple_mlp.ts";
import { createDatasetBenchmark } from "../../../src/streams/benchmarks/dataset_benchmark.ts";
import type { StrategyOptions } from "../../../src/training/loop/strategy_options.ts";
import { computeActivations } from "../../../src/training/submodels/compute_activations.ts";
import { expectResumable } from "../../methods/contract/resume_law.ts";
import { createListener } from "./callback_recorder.ts";
import { makeOptions, trainParameters, withStrategy } from "./made_strategy.ts";

const augmentation = { cropPadding: 1, flip: true };

/** 24 grey images of 4 × 4 of noise in two classes. */
function makeImages(name: string, isAugmented = true): Dataset {
  const random = new RandomStream(name.length, name);
  const x = Uint8Array.from({ length: 24 * 16 }, () => random.integer(256));
  const y = Array.from({ length: 24 }, (_, i) => i % 2);
  const transforms = [{ kind: "scale", factor: 1 / 255, offset: 0 }] as const;
  const parts = { name, x, y, sampleShape: [4, 4, 1], transforms };
  return createArrayDataset(isAugmented ? { ...parts, augmentation } : parts);
}

function makeBenchmark(isAugmented = true) {
  const train = [makeImages("train 0", isAugmented), makeImages("train 10", isAugmented)];
  return createDatasetBenchmark({ name: "images", train, test: [makeImages("test", false)] });
}

/** A strategy whose model is linear, so that a test can compute what it answers. */
function makeNaive(options: Partial<StrategyOptions> = {}): Naive {
  const model = mlp({ inputShape: [4, 4, 1], hiddenLayers: 0, numClasses: 2 });
  return new Naive(makeOptions({ model, trainMbSize: 8, seed: 3, ...options }));
}

/** What a linear model with these parameters (kernel [16, 2], then bias [2]) answers to x [B, 16]. */
function answerSlowly(parameters: Float32Array, x: Float32Array): number[] {
  return Array.from({ length: x.length / 8 }, (_, i) => {
    const [row, unit] = [Math.floor(i / 2), i % 2];
    let sum = parameters[32 + unit] ?? 0;
    for (let k = 0; k < 16; k++) sum += (x[row * 16 + k] ?? 0) * (parameters[k * 2 + unit] ?? 0);
    return sum;
  });
}

function expectClose(values: ArrayLike<number>, wanted: ArrayLike<number>): void {
  expect(values.length).toBe(wanted.length);
  for (let i = 0; i < wanted.length; i++) expect(values[i]).toBeCloseTo(wanted[i] ?? 0, 5);
}

describe("training on augmented sources", () => {
  test("shows the model what mbX says, anew in every iteration, and evaluation the samples as they are", async () => {
    let parameters = new Float32Array();
    const seen: { shown: Float32Array; plain: Float32Array }[] = [];
    const listener = createListener(
      ["beforeForward", "afterForward", "beforeEvalForward", "afterEvalForward"],
      async (callback, strategy) => {
        const { mbatch, mbX, mbOutput } = strategy;
        if (callback.startsWith("before")) {
          parameters = Float32Array.from(strategy.parameters);
          return;
        }
        seen.push({ shown: mbX.data, plain: readSamples(mbatch).data });
        expectClose(mbOutput.data, answerSlowly(parameters, mbX.data));
        // A teacher must see the images that its student sees.
        expectClose((await strategy.forwardWith(parameters, mbatch)).data, answerSlowly(parameters, mbX.data));
        const flattened = await computeActivations(strategy, mbatch, strategy.model.layers.at(-2)?.name ?? "");
        expectClose(flattened.data, mbX.data);
      },
    );
    const experience = makeBenchmark().trainStream.at(0);
    await withStrategy(makeNaive({ plugins: [listener], trainEpochs: 2 }), async (strategy) => {
      await strategy.train(experience);
      expect(seen.length).toBe(6);
      for (const { shown, plain } of seen) expect(shown).not.toEqual(plain);
      const images = seen.flatMap(({ shown }) => Array.from({ length: 8 }, (_, i) => shown.slice(i * 16, i * 16 + 16)));
      // Two epochs show 24 images twice: hardly one comes back as it was.
      expect(new Set(images.map((image) => image.join())).size).toBeGreaterThan(40);
      seen.length = 0;
      await strategy.eval(experience);
      expect(seen.length).toBeGreaterThan(0);
      for (const { shown, plain } of seen) expect(shown).toEqual(plain);
    });
  });

  test("computes on samples as they are between iterations, also on those that an iteration has just augmented", async () => {
    const outputs: Float32Array[] = [];
    const look = createListener(
      ["afterTrainingIteration", "afterTrainingEpoch", "afterTrainingExp"],
      async (callback, strategy) => {
        const { mbatch, parameters } = strategy;
        outputs.push((await strategy.forwardWith(parameters, mbatch)).data.slice());
        const wanted = callback === "afterTrainingIteration" ? strategy.mbX.data : readSamples(mbatch).data;
        expectClose(outputs.at(-1) ?? [], answerSlowly(parameters, wanted));
      },
    );
    await trainParameters(makeNaive({ plugins: [look], trainMbSize: 24 }), makeBenchmark());
    // An iteration, an epoch and an end for each of two experiences; the parameters do not move between them.
    expect(outputs.length).toBe(6);
    expect(outputs[0]).not.toEqual(outputs[1]);
    expect(outputs[1]).toEqual(outputs[2]);
  });

  test("evaluates samples as they are in the middle of an iteration, and goes on as before", async () => {
    const { trainStream, testStream } = makeBenchmark();
    const plain: boolean[] = [];
    const evaluating = createListener(["afterBackward"], (_, strategy) => evaluateInside(strategy));
    const comparing = createListener(["afterEvalForward"], (_, { mbX, mbatch }) => {
      plain.push(mbX.data.join() === readSamples(mbatch).data.join());
    });
    const evaluateInside = async (strategy: unknown) => {
      if (strategy instanceof Naive) await strategy.eval([trainStream.at(1), testStream.at(0)]);
    };
    const [disturbed, undisturbed] = [
      makeNaive({ plugins: [evaluating, comparing, new ReplayPlugin({ memSize: 8 })] }),
      makeNaive({ plugins: [new ReplayPlugin({ memSize: 8 })] }),
    ];
    expect(await trainParameters(disturbed, makeBenchmark())).toEqual(
      await trainParameters(undisturbed, makeBenchmark()),
    );
    expect(new Set(plain)).toEqual(new Set([true]));
  });

  test("comes to the same parameters on 0, 1 and 2 workers, and with TF.js", async () => {
    const train = (cluster: StrategyOptions["cluster"], isAugmented = true) => {
      const plugins = [new ReplayPlugin({ memSize: 8 }), new LwFPlugin()];
      return trainParameters(
        makeNaive({ cluster: { logicalShards: 2, ...cluster }, plugins }),
        makeBenchmark(isAugmented),
      );
    };
    const wanted = await train({ workers: 0 });
    expect(await train({ workers: 1 })).toEqual(wanted);
    expect(await train({ workers: 2 })).toEqual(wanted);
    expectClose(await train({ workers: 1, engine: "tfjs" }), wanted);
    expect(await train({ workers: 0 }, false)).not.toEqual(wanted);
  });

  test("goes on from the middle of an experience to the same end", async () => {
    const create = () => makeNaive({ plugins: [new ReplayPlugin({ memSize: 8 })], trainEpochs: 2 });
    await expectResumable(create, makeBenchmark(), { iterations: [2, 4, 8] });
  });
});
