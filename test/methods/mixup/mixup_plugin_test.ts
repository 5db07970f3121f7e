import { describe, expect, test } from "bun:test";
import * as tf from "@tensorflow/tfjs";
import { RandomStream } from "../../../src/core/random_stream.ts";
import { readSamples } from "../../../src/data/read_samples.ts";
import { CutMixPlugin } from "../../../src/methods/cutmix/cutmix_plugin.ts";
import { LwFPlugin } from "../../../src/methods/lwf/lwf_plugin.ts";
import { MER } from "../../../src/methods/mer/mer.ts";
import { MixupPlugin } from "../../../src/methods/mixup/mixup_plugin.ts";
import { Naive } from "../../../src/methods/naive/naive.ts";
import { drawMixing } from "../../../src/methods/shared/draw_mixing.ts";
import { flattenWeights } from "../../../src/models/model_snapshot.ts";
import { mlp } from "../../../src/models/simple_mlp.ts";
import type { StrategyPlugin } from "../../../src/training/loop/strategy_plugin.ts";
import { CrossEntropyLoss } from "../../../src/training/losses/cross_entropy_loss.ts";
import { FocalLoss } from "../../../src/training/losses/focal_loss.ts";
import { SMALL_MLP } from "../../support/made_cluster.ts";
import { makeBenchmark, makeOptions, withStrategy } from "../../training/loop/made_strategy.ts";
import { measureDifference } from "../shared/slow_losses.ts";

const benchmark = makeBenchmark({ experiences: 1, samples: 16 });

/** One step on one minibatch, which is mixed before. */
async function step(plugins: readonly StrategyPlugin[], criterion = new CrossEntropyLoss()) {
  const model = mlp(SMALL_MLP);
  const before = flattenWeights(model).parameters;
  let loss = 0;
  let x = new Float32Array(0);
  const listener: StrategyPlugin = {
    afterUpdate: (strategy) => {
      loss = strategy.loss;
      x = Float32Array.from(strategy.mbX.data);
    },
  };
  const strategy = new Naive({ ...makeOptions({ model, criterion }), plugins: [...plugins, listener] });
  return withStrategy(strategy, async () => {
    const [experience] = benchmark.trainStream;
    if (!experience) throw new Error("Wanted an experience");
    const { dataset } = experience;
    await strategy.train(benchmark.trainStream, { shuffle: false });
    return { before, after: strategy.parameters.slice(), loss, x, dataset, seed: strategy.options.seed };
  });
}

describe("MixupPlugin", () => {
  test("makes the step that TF.js makes of the paper's samples and soft targets, class weights included", async () => {
    for (const classWeights of [undefined, [1, 3, 0.5, 2]]) {
      const made = await step(
        [new MixupPlugin({ alpha: 0.7 })],
        new CrossEntropyLoss({ ...(classWeights ? { classWeights } : {}) }),
      );
      const choice = { kind: "mixup", alpha: 0.7, probability: 1, shape: [] } as const;
      const { partners, shares } = drawMixing(new Int32Array(16), choice, new RandomStream(made.seed, "mixup"));
      const { data } = readSamples(made.dataset);
      const y = made.dataset.targets;
      const x = Array.from({ length: 16 }, (_, i) =>
        Array.from({ length: 6 }, (_, f) => {
          const share = shares[i] ?? 0;
          return share * (data[6 * i + f] ?? 0) + (1 - share) * (data[6 * (partners[i] ?? 0) + f] ?? 0);
        }),
      );
      expect(measureDifference(made.x, x.flat())).toBeLessThan(1e-6);
      // λ · criterion(f(x), y) + (1 − λ) · criterion(f(x), y'), as the paper's code has it.
      const sum = (ids: Int32Array) => ids.reduce((all, id) => all + (classWeights?.[id] ?? 1), 0);
      const other = y.map((_, i) => y[partners[i] ?? 0] ?? 0);
      const [ownSum, otherSum] = [sum(y), sum(other)];
      const rows = Array.from({ length: 16 }, (_, i) => {
        const row = [0, 0, 0, 0];
        const [own = 0, its = 0, share = 0] = [y[i], other[i], shares[i]];
        row[own] = (row[own] ?? 0) + (share * (classWeights?.[own] ?? 1)) / ownSum;
        row[its] = (row[its] ?? 0) + ((1 - share) * (classWeights?.[its] ?? 1)) / otherSum;
        return row;
      });
      const model = mlp(SMALL_MLP);
      expect(flattenWeights(model).parameters).toEqual(made.before);
      const { value, grads } = tf.variableGrads(() => {
        const logits = model.apply(tf.tensor2d(x)) as tf.Tensor2D;
        return tf.neg(tf.sum(tf.mul(tf.tensor2d(rows), tf.logSoftmax(logits)))).asScalar();
      });
      expect(made.loss).toBeCloseTo(value.dataSync()[0] ?? 0, 5);
      const gradient = model.trainableWeights.flatMap((weight) => [
        ...(grads[(weight as unknown as { val: tf.Variable }).val.name]?.dataSync() ?? []),
      ]);
      expect(gradient).toHaveLength(made.before.length);
      const wanted = made.before.map((p, i) => p - 0.1 * (gradient[i] ?? 0));
      expect(measureDifference(made.after, wanted)).toBeLessThan(1e-5);
    }
  });

  test("makes the same step where the loss is computed by the coordinator", async () => {
    for (const plugin of [new MixupPlugin(), new MixupPlugin({ alpha: 4, probability: 0.5 })]) {
      const split: StrategyPlugin = { afterForward: () => undefined };
      const [fused, slow] = [await step([plugin]), await step([plugin, split])];
      expect(measureDifference(fused.after, slow.after)).toBeLessThan(1e-6);
      expect(fused.loss).toBeCloseTo(slow.loss, 5);
    }
  });

  test("leaves samples as they are with probability 0", async () => {
    expect((await step([new MixupPlugin({ probability: 0 })])).after).toEqual((await step([])).after);
  });

  test("mixes samples of one task alone", () => {
    const tasks = Int32Array.from({ length: 40 }, (_, i) => i % 3);
    const choice = { kind: "mixup", alpha: 1, probability: 1, shape: [] } as const;
    const { partners } = drawMixing(tasks, choice, new RandomStream(1, "mixup"));
    expect(Array.from(partners, (place) => tasks[place] ?? -1)).toEqual([...tasks]);
    expect(new Set(partners).size).toBeGreaterThan(15);
  });

  test("is refused with losses and methods that need hard labels, in one sentence", () => {
    const options = makeOptions();
    const make = (plugins: readonly StrategyPlugin[], other = {}) => new Naive({ ...options, ...other, plugins });
    expect(() => make([new MixupPlugin()], { criterion: new FocalLoss() })).toThrow(
      "MixupPlugin requires the criterion CrossEntropyLoss, which takes soft targets, got FocalLoss",
    );
    expect(() => make([new MixupPlugin()], { criterion: (output: tf.Tensor) => tf.sum(output).asScalar() })).toThrow(
      "MixupPlugin requires the criterion CrossEntropyLoss, which takes soft targets, got a function",
    );
    expect(() => make([new MixupPlugin(), new LwFPlugin({ alpha: 1, temperature: 2 })])).toThrow(
      'MixupPlugin needs nothing beside it that needs samples with one label each, got "LwFPlugin"',
    );
    expect(() => new MER({ ...options, plugins: [new MixupPlugin()] } as never)).toThrow(
      "needs samples with one label each",
    );
    expect(() => make([new MixupPlugin(), new CutMixPlugin()])).toThrow(
      /nothing beside it that mixes samples|requires images/,
    );
    const ids = tf.sequential({
      layers: [
        tf.layers.embedding({ inputDim: 5, outputDim: 2, inputShape: [6] }),
        tf.layers.flatten(),
        tf.layers.dense({ units: 4 }),
      ],
    });
    expect(() => make([new MixupPlugin()], { model: ids })).toThrow("takes ids");
    expect(() => new MixupPlugin({ alpha: 0 })).toThrow("alpha must be above 0, got 0");
  });
});
