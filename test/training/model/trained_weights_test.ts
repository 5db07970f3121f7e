import { describe, expect, test } from "bun:test";
import * as tf from "@tensorflow/tfjs";
import { Naive } from "../../../src/methods/naive/naive.ts";
import { LazyWeights } from "../../../src/models/lazy_weights.ts";
import { mlp } from "../../../src/models/simple_mlp.ts";
import { assign, readWeights, setTo } from "../../methods/contract/assigned.ts";
import { collectGarbage } from "../../support/collect_garbage.ts";
import { SMALL_MLP } from "../../support/made_cluster.ts";
import { createListener } from "../loop/callback_recorder.ts";
import { makeBenchmark, makeOptions, withStrategy } from "../loop/made_strategy.ts";

const { trainStream, testStream } = makeBenchmark();

describe("the weights of strategy.model, in callbacks", () => {
  test("are trained on from the next computation on", async () => {
    const zeros = createListener(["beforeForward"], (_, { model, clock }) => {
      if (clock.trainIterations === 1) setTo(model, 0);
    });
    const outputs: number[] = [];
    const noting = createListener(["afterForward"], (_, { mbOutput }) => {
      outputs.push(Math.max(...mbOutput.data.map(Math.abs)));
    });
    const strategy = new Naive(makeOptions({ plugins: [zeros, noting] }));
    await withStrategy(strategy, () => strategy.train(trainStream.at(0)));
    expect(outputs[0]).toBeGreaterThan(0.1);
    expect(outputs[1]).toBe(0);
  });

  test("that a callback looks at are those of that moment", async () => {
    let compared = 0;
    const looking = createListener(["afterUpdate", "afterTrainingExp", "afterEval"], (_, { model, parameters }) => {
      expect(readWeights(model)).toEqual([...parameters]);
      compared += 1;
    });
    await withStrategy(new Naive(makeOptions({ plugins: [looking] })), async (strategy) => {
      await strategy.train(trainStream);
      await strategy.eval(testStream);
    });
    expect(compared).toBe(4 + 2 + 1);
  });

  test("that nobody looks at are followed once, and anew after a look", async () => {
    await withStrategy(new Naive(makeOptions()), async (strategy) => {
      const weights = LazyWeights.of(strategy.model);
      await strategy.eval(testStream);
      const { revision } = weights;
      await strategy.train(trainStream.at(0));
      await strategy.eval(testStream);
      expect(weights.revision).toBe(revision);
      expect(readWeights(strategy.model)).toEqual([...strategy.parameters]);
      await strategy.eval(testStream);
      expect(weights.revision).toBeGreaterThan(revision);
    });
  });
});

describe("the weights of the model, between two calls", () => {
  for (const workers of [0, 2]) {
    test(`are trained on from where setWeights() put them, on ${workers} workers`, async () => {
      const model = mlp(SMALL_MLP);
      const other = mlp({ ...SMALL_MLP, seed: 9 });
      const cluster = { workers, logicalShards: 2 };
      const create = (given: tf.LayersModel) => new Naive(makeOptions({ model: given, cluster, trainMbSize: 32 }));
      const made = await withStrategy(create(model), async (strategy) => {
        await strategy.train(trainStream.at(0));
        model.setWeights(other.getWeights());
        expect([...strategy.parameters]).toEqual(readWeights(other));
        await strategy.train(trainStream.at(1));
        return strategy.parameters.slice();
      });
      const wanted = await withStrategy(create(other), async (strategy) => {
        // As many draws of orders as the other strategy has made.
        strategy.randomStreams.get("shuffle").permutation(32);
        await strategy.train(trainStream.at(1));
        return strategy.parameters.slice();
      });
      expect(made).toEqual(wanted);
      expect(readWeights(model)).toEqual([...made]);
    });
  }

  test("are taken one by one: a layer's setWeights() leaves what was trained of the others", async () => {
    const model = mlp(SMALL_MLP);
    await withStrategy(new Naive(makeOptions({ model })), async (strategy) => {
      await strategy.train(trainStream.at(0));
      const trained = strategy.parameters.slice();
      const layer = model.layers.at(-1);
      layer?.setWeights(layer.getWeights().map((weight) => tf.zerosLike(weight)));
      await strategy.eval(testStream);
      const fresh = 8 * 4 + 4;
      expect(strategy.parameters.slice(0, -fresh)).toEqual(trained.slice(0, -fresh));
      expect(strategy.parameters.slice(-fresh)).toEqual(new Float32Array(fresh));
    });
  });

  test("are one for all strategies of a model", async () => {
    const model = mlp(SMALL_MLP);
    const [first, second] = [new Naive(makeOptions({ model })), new Naive(makeOptions({ model }))];
    await first.train(trainStream.at(0));
    await second.train(trainStream.at(1));
    await first.eval(testStream);
    expect([...first.parameters]).toEqual([...second.parameters]);
    await first.train(trainStream.at(0));
    await second.eval(testStream);
    expect([...second.parameters]).toEqual([...first.parameters]);
    await first.close();
    await second.close();
  });

  test("of a model whose head has grown are refused, naming strategy.model", async () => {
    const model = mlp({ ...SMALL_MLP, numClasses: 2, incremental: true });
    await withStrategy(new Naive(makeOptions({ model })), async (strategy) => {
      await strategy.train(trainStream);
      expect(strategy.model).not.toBe(model);
      setTo(strategy.model, 0);
      await strategy.eval(testStream);
      expect(strategy.parameters.every((theta) => theta === 0)).toBe(true);
      setTo(model, 1);
      await expect(strategy.train(trainStream.at(0))).rejects.toThrow("set those of strategy.model");
    });
  });

  test("may not be frozen: train() names what was, also in the middle of a stream", async () => {
    const model = mlp(SMALL_MLP);
    const [hidden, last] = model.layers.filter((layer) => layer.weights.length > 0);
    const sentence = "(fc0/kernel, fc0/bias): make another strategy with the model, which keeps its weights";
    await withStrategy(new Naive(makeOptions({ model })), async (strategy) => {
      await strategy.train(trainStream.at(0));
      assign(hidden ?? {}, "trainable", false);
      await expect(strategy.train(trainStream.at(1))).rejects.toThrow(sentence);
      assign(hidden ?? {}, "trainable", true);
      await strategy.train(trainStream.at(1));
    });
    assign(last ?? {}, "trainable", false);
    const swapping = createListener(["afterTrainingExp"], () => {
      // As many tensors as before, other ones.
      assign(hidden ?? {}, "trainable", false);
      assign(last ?? {}, "trainable", true);
    });
    await withStrategy(new Naive(makeOptions({ model, plugins: [swapping] })), async (strategy) => {
      await expect(strategy.train(trainStream)).rejects.toThrow("frozen or set free since the strategy began");
    });
  });

  test("are the trained ones after close(), which lets go of the replicas and their memory", async () => {
    const models: { readonly model: tf.LayersModel; readonly trained: readonly number[] }[] = [];
    const trainOnce = async () => {
      const options = makeOptions();
      const strategy = new Naive(options);
      await withStrategy(strategy, async () => {
        await strategy.train(trainStream.at(0));
        models.push({ model: options.model, trained: [...strategy.parameters] });
      });
      return new WeakRef(strategy.cluster);
    };
    const clusters: WeakRef<object>[] = [];
    for (let i = 0; i < 10; i++) clusters.push(await trainOnce());
    for (let round = 0; round < 5; round++) {
      await new Promise((resolve) => setTimeout(resolve));
      collectGarbage();
    }
    // A few may still be on the stack.
    expect(clusters.filter((cluster) => cluster.deref()).length).toBeLessThan(5);
    for (const { model, trained } of models) {
      expect(readWeights(model)).toEqual([...trained]);
      model.dispose();
    }
  });
});
