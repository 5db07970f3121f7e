import { describe, expect, test } from "bun:test";
import { RandomStream } from "../../../src/core/random_stream.ts";
import { SingleDatasetDataLoader } from "../../../src/memory/loaders/single_dataset_data_loader.ts";
import { AR1 } from "../../../src/methods/ar1/ar1.ts";
import { CWRStarPlugin } from "../../../src/methods/cwr_star/cwr_star_plugin.ts";
import { EWCPlugin } from "../../../src/methods/ewc/ewc_plugin.ts";
import { computeFisher } from "../../../src/methods/ewc/fisher.ts";
import { FeatureDistillationPlugin } from "../../../src/methods/feature_distillation/feature_distillation_plugin.ts";
import { LFLPlugin } from "../../../src/methods/lfl/lfl_plugin.ts";
import { LossScalingPlugin } from "../../../src/methods/loss_scaling/loss_scaling_plugin.ts";
import { LwFPlugin } from "../../../src/methods/lwf/lwf_plugin.ts";
import { MASPlugin } from "../../../src/methods/mas/mas_plugin.ts";
import { Naive } from "../../../src/methods/naive/naive.ts";
import { PackNetPlugin } from "../../../src/methods/pack_net/pack_net_plugin.ts";
import { RWalkPlugin } from "../../../src/methods/rwalk/rwalk_plugin.ts";
import { GatheredImportances } from "../../../src/methods/shared/importances/gathered_importances.ts";
import { SynapticIntelligencePlugin } from "../../../src/methods/synaptic_intelligence/synaptic_intelligence_plugin.ts";
import { createOnlineStream } from "../../../src/streams/online_experience.ts";
import type { StrategyPlugin } from "../../../src/training/loop/strategy_plugin.ts";
import { createListener } from "../../training/loop/callback_recorder.ts";
import { makeBenchmark, makeOptions, withStrategy } from "../../training/loop/made_strategy.ts";
import { measureDifference } from "../shared/slow_losses.ts";

/** Three experiences of 84, 42 and 42 samples: no multiples of a minibatch, or of the pieces below. */
const benchmark = makeBenchmark({ experiences: 3, samples: 168, testSamples: 24 });
const cut = (experienceSize: number) =>
  createOnlineStream(benchmark.trainStream, { experienceSize, random: new RandomStream(1, "online"), shuffle: false });

/** Fine-tuning that sees samples in the order of the data set. */
class InOrder extends Naive {
  override makeTrainDataloader(): void {
    this.dataloader = new SingleDatasetDataLoader({ dataset: this.adaptedDataset, batchSize: 16, shuffle: false });
  }
}

async function trainInOrder(plugin: StrategyPlugin, stream: Iterable<Parameters<Naive["train"]>[0]>) {
  return withStrategy(new InOrder(makeOptions({ plugins: [plugin] })), async (strategy) => {
    for (const experience of stream) await strategy.train(experience);
    return strategy.parameters.slice();
  });
}

describe("methods that do something at an experience's end, on an online stream", () => {
  const methods: readonly (() => StrategyPlugin)[] = [
    () => new LwFPlugin({ alpha: [0, 1, 2] }),
    () => new LFLPlugin({ lambda: 0.5 }),
    () => new FeatureDistillationPlugin({ alpha: [0.5, 1] }),
    () => new SynapticIntelligencePlugin({ lambda: [0.5, 1] }),
    () => new RWalkPlugin({ lambda: 1, deltaT: 3 }),
    () => new LossScalingPlugin({ factor: "inverse-experience" }),
  ];
  for (const create of methods) {
    test(`${create().name} learns from minibatches as pieces what it learns from whole experiences`, async () => {
      const whole = await trainInOrder(create(), benchmark.trainStream);
      expect(await trainInOrder(create(), cut(16))).toEqual(whole);
      const plain = await trainInOrder({ name: "nothing" }, benchmark.trainStream);
      expect(measureDifference(whole, plain)).toBeGreaterThan(1e-4);
    });
  }

  test("EWCPlugin has one anchor an experience: the mean of its pieces' Fisher information", async () => {
    for (const mode of [{}, { mode: "online", decayFactor: 0.5 }] as const) {
      const plugin = new EWCPlugin({ lambda: 2, ...mode });
      const wanted = new Float64Array(makeOptions().model.countParams());
      const sum = new Float64Array(wanted.length);
      let samples = 0;
      const listener = createListener(["afterTrainingExp"], async (_, strategy) => {
        const { dataset } = strategy.experience;
        const fisher = await computeFisher(strategy, dataset);
        fisher.forEach((value, i) => {
          sum[i] = (sum[i] ?? 0) + dataset.length * value;
        });
        samples += dataset.length;
        if (!("isLastSubexp" in strategy.experience && strategy.experience.isLastSubexp)) return;
        wanted.forEach((old, i) => {
          wanted[i] = ("mode" in mode ? 0.5 * old : old) + (sum[i] ?? 0) / samples;
        });
        sum.fill(0);
        samples = 0;
      });
      await withStrategy(new Naive(makeOptions({ plugins: [listener, plugin] })), (strategy) =>
        strategy.train(cut(20)),
      );
      const { penalty } = plugin.state.save() as { penalty: { a: Float32Array } };
      const scale = Math.max(...wanted);
      expect(measureDifference(penalty.a, Array.from(wanted)) / scale).toBeLessThan(1e-5);
    }
  });

  test("MASPlugin has one importance an experience, however small its pieces are", async () => {
    const measure = async (stream: Parameters<Naive["train"]>[0]) => {
      // Nothing is trained, so that pieces are measured with the parameters that wholes are measured with.
      const plugin = new MASPlugin();
      const still: StrategyPlugin = { name: "still", beforeUpdate: (strategy) => strategy.skipUpdate() };
      await withStrategy(new Naive(makeOptions({ plugins: [still, plugin] })), (strategy) => strategy.train(stream));
      return (plugin.state.save() as { penalty: { a: Float32Array } }).penalty.a;
    };
    const [whole, pieces] = [await measure(benchmark.trainStream), await measure(cut(10))];
    expect(measureDifference(pieces, whole) / Math.max(...whole)).toBeLessThan(1e-5);
  });

  test("PackNetPlugin prunes an experience once, in its last piece", async () => {
    const plugin = new PackNetPlugin({ postPruneEpochs: 1, pruneProportion: [0.5, 0.75] });
    const owned: number[][] = [];
    const listener = createListener(["afterTrainingExp"], (_, strategy) => {
      const owners = plugin.taskParameters(strategy)?.owners ?? new Float32Array();
      // The first layer's kernel, 6 by 8.
      owned.push([1, 2, 3].map((owner) => owners.subarray(0, 48).filter((value) => value === owner).length));
    });
    const options = makeOptions({ plugins: [plugin, listener], trainEpochs: 2 });
    await withStrategy(new Naive(options), (strategy) => strategy.train(cut(20)));
    // Pieces of 20: five of the first experience, three of the others.
    expect(owned).toEqual([
      ...[...Array(4).fill([0, 0, 0]), [24, 0, 0]],
      ...[
        [24, 0, 0],
        [24, 0, 0],
        [24, 6, 0],
      ],
      ...[
        [24, 6, 0],
        [24, 6, 0],
        [24, 6, 4],
      ],
    ]);
  });

  test("CWRStarPlugin and AR1 leave the layers below and the learning rate alone until the second experience", async () => {
    const moved: boolean[] = [];
    const rates: number[] = [];
    let before = new Float32Array(0);
    const listener = createListener(
      ["beforeTrainingExp", "afterTrainingExp"],
      (callback, { parameters, optimizer }) => {
        if (callback === "beforeTrainingExp") {
          before = parameters.slice(0, 48);
          rates.push(optimizer.learningRate);
        } else moved.push(measureDifference(parameters.slice(0, 48), before) > 0);
      },
    );
    await withStrategy(new Naive(makeOptions({ plugins: [new CWRStarPlugin(), listener] })), (strategy) =>
      strategy.train(cut(20)),
    );
    expect(moved).toEqual([...Array(5).fill(true), ...Array(6).fill(false)]);
    rates.length = 0;
    await withStrategy(new AR1({ ...makeOptions({ plugins: [listener] }), incLearningRate: 0.01 }), (strategy) =>
      strategy.train(cut(20)),
    );
    expect(rates).toEqual([...Array(5).fill(0.1), ...Array(6).fill(0.01)]);
  });
});

describe("GatheredImportances", () => {
  test("weighs every sample alike, and goes on from what was saved between pieces", () => {
    const pieces = [...cut(20).slice(0, 5)];
    let gathered = new GatheredImportances();
    let samples = 0;
    let sum = 0;
    for (const [i, piece] of pieces.entries()) {
      const copy = new GatheredImportances();
      copy.restore(gathered.save());
      gathered = copy;
      samples += piece.dataset.length;
      sum += piece.dataset.length * (i + 1);
      const mean = gathered.add(piece, Float32Array.of(i + 1, 0));
      if (i < 4) expect(mean).toBe(undefined);
      else expect(measureDifference(mean ?? [], [sum / samples, 0])).toBeLessThan(1e-6);
    }
    const whole = Float32Array.of(7, 8);
    expect(gathered.add(benchmark.trainStream.at(0), whole)).toBe(whole);
  });
});
