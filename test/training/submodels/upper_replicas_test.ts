import { describe, expect, test } from "bun:test";
import * as tf from "@tensorflow/tfjs";
import { viewEntry } from "../../../src/core/parameter_layout.ts";
import { ScratchSamples } from "../../../src/data/scratch_samples.ts";
import { Naive } from "../../../src/methods/naive/naive.ts";
import { mlp } from "../../../src/models/simple_mlp.ts";
import type { BaseStrategy } from "../../../src/training/loop/base_strategy.ts";
import { createCriterion } from "../../../src/training/losses/criterion.ts";
import { CrossEntropyLoss } from "../../../src/training/losses/cross_entropy_loss.ts";
import { UpperReplicas } from "../../../src/training/submodels/upper_replicas.ts";
import { measureDifference } from "../../methods/shared/slow_losses.ts";
import { SMALL_MLP } from "../../support/made_cluster.ts";
import { createListener } from "../loop/callback_recorder.ts";
import { makeBenchmark, makeOptions, withStrategy } from "../loop/made_strategy.ts";

/** The same loss as the strategy's, split and written with TF.js. */
const splitCriterion = createCriterion((output, y) =>
  tf.losses.softmaxCrossEntropy(tf.oneHot(y, output.shape[1]), output).asScalar(),
);

describe("UpperReplicas.addGradient()", () => {
  const models = {
    "a fixed head": { ...SMALL_MLP, dropout: 0.3 },
    "a head that grows": { ...SMALL_MLP, incremental: true },
    "heads of several tasks": { ...SMALL_MLP, multiHead: true },
  };
  for (const [name, options] of Object.entries(models)) {
    test(`adds the part's share of the whole gradient, with ${name}`, async () => {
      const scratch = new ScratchSamples("activations");
      let replicas: Promise<UpperReplicas> | undefined;
      let compared = 0;
      const compare = async (strategy: BaseStrategy) => {
        const { cluster, mbatch, mbY, mbTaskId, clock, gradient, loss } = strategy;
        replicas ??= UpperReplicas.start(strategy, "dropout0");
        const part = await replicas;
        const dropoutStep = clock.trainIterations;
        const x = await cluster.activations({ samples: mbatch, training: true, dropoutStep }, "dropout0");
        const samples = scratch.write({ x, y: mbY, taskLabels: mbTaskId });
        for (const criterion of [new CrossEntropyLoss(), splitCriterion]) {
          const made = new Float32Array(gradient.length);
          const added = await part.addGradient(samples, { criterion, weight: 0.5, dropoutStep, gradient: made });
          expect(Math.abs(added - loss / 2)).toBeLessThan(1e-5);
          for (const entry of cluster.model.layout.entries) {
            const isBehind = entry.name.startsWith("classifier/");
            expect(part.listNames().has(entry.name)).toBe(isBehind);
            const whole = viewEntry(gradient, entry).map((value) => (isBehind ? value / 2 : 0));
            expect(measureDifference(viewEntry(made, entry), whole)).toBeLessThan(1e-5);
          }
          compared += 1;
        }
      };
      const plugins = [createListener(["afterBackward"], (_, strategy) => compare(strategy))];
      const model = mlp({ dropout: 0, ...options });
      const strategy = new Naive(makeOptions({ model, plugins, trainMbSize: 40, cluster: { workers: 2 } }));
      const { trainStream } = makeBenchmark({ experiences: 2, samples: 128, taskLabels: "multiHead" in options });
      await withStrategy(strategy, () => strategy.train(trainStream));
      expect(compared).toBe(8);
    });
  }

  test("starts no replicas for a layer that is the last, or that there is not", async () => {
    const strategy = new Naive(makeOptions());
    await withStrategy(strategy, async () => {
      await strategy.start();
      await expect(UpperReplicas.start(strategy, "classifier")).rejects.toThrow("before the last");
      await expect(UpperReplicas.start(strategy, "fc9")).rejects.toThrow("fc9");
    });
  });
});
