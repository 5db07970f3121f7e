import { describe, expect, test } from "bun:test";
import * as tf from "@tensorflow/tfjs";
import { EvaluationPlugin } from "../../../src/evaluation/evaluation_plugin.ts";
import { accuracyMetrics } from "../../../src/evaluation/metrics/accuracy/accuracy.ts";
import { Naive } from "../../../src/methods/naive/naive.ts";
import { mlp } from "../../../src/models/simple_mlp.ts";
import { Adam } from "../../../src/optimizers/adam.ts";
import { SGD } from "../../../src/optimizers/sgd.ts";
import { BaseStrategy } from "../../../src/training/loop/base_strategy.ts";
import type { CallbackName } from "../../../src/training/loop/callbacks.ts";
import { measureDifference } from "../../methods/shared/slow_losses.ts";
import { SMALL_MLP } from "../../support/made_cluster.ts";
import { ALL_CALLBACKS, createListener } from "./callback_recorder.ts";
import { makeBenchmark, makeOptions, takeFirst, withStrategy } from "./made_strategy.ts";

const { trainStream, testStream } = makeBenchmark();

function failAt(callback: CallbackName, error: Error) {
  return createListener([callback], () => {
    throw error;
  });
}

/** The values of a TF.js model's weights, one after another. */
function readWeights(model: tf.LayersModel): number[] {
  return model.getWeights().flatMap((weight) => [...weight.dataSync()]);
}

describe("BaseStrategy", () => {
  test("train() passes on what a plugin throws, from any callback, and close() works then", async () => {
    for (const callback of ALL_CALLBACKS) {
      const error = new Error(`made to fail in ${callback}`);
      const strategy = new Naive(makeOptions({ evalEvery: 0, plugins: [failAt(callback, error)] }));
      const thrown = await strategy.train(trainStream).catch((reason: unknown) => reason);
      expect(thrown).toBe(error);
      await strategy.close();
    }
  });

  test("train() passes on what a plugin throws, and close() ends the Workers then", async () => {
    const error = new Error("made to fail");
    const strategy = new Naive(makeOptions({ cluster: { workers: 1 }, plugins: [failAt("afterForward", error)] }));
    expect(await strategy.train(trainStream).catch((reason: unknown) => reason)).toBe(error);
    await strategy.close();
    await expect(strategy.train(trainStream)).rejects.toThrow("the strategy was closed: make another one");
  });

  test("train() can be called again after a plugin has failed", async () => {
    let failures = 0;
    const failing = createListener(["beforeBackward"], () => {
      failures += 1;
      if (failures === 1) throw new Error("made to fail");
    });
    await withStrategy(new Naive(makeOptions({ plugins: [failing] })), async (strategy) => {
      await expect(strategy.train(trainStream)).rejects.toThrow("made to fail");
      await strategy.train(trainStream);
      expect(strategy.clock.trainExpCounter).toBe(2);
    });
  });

  test("train() writes the trained values into the model, and closing leaves them there", async () => {
    const model = mlp(SMALL_MLP);
    const before = readWeights(model);
    const strategy = new Naive(makeOptions({ model }));
    await withStrategy(strategy, async () => {
      await strategy.train(trainStream);
      expect(readWeights(model)).toEqual([...strategy.parameters]);
    });
    expect(measureDifference(readWeights(model), before)).toBeGreaterThan(0.01);
    const input = tf.tensor2d([[1, 2, 3, 4, 5, 6]]);
    const output = model.predict(input);
    expect(Array.isArray(output) ? [] : output.shape).toEqual([1, 4]);
  });

  test("train() learns, and forgets what it does not see any more", async () => {
    const losses: number[] = [];
    const listener = createListener(["afterTrainingIteration"], (_, { loss }) => void losses.push(loss));
    const strategy = new Naive(makeOptions({ trainEpochs: 10, plugins: [listener] }));
    await withStrategy(strategy, () => strategy.train(trainStream));
    const half = losses.length / 2;
    expect(losses[half - 1]).toBeLessThan((losses[0] ?? 0) / 4);
    expect(losses[half]).toBeGreaterThan(1);
  });

  test("train() and eval() give what they measured, and nothing from before", async () => {
    const evaluator = new EvaluationPlugin({ metrics: [...accuracyMetrics({ epoch: true, stream: true })] });
    await withStrategy(new Naive(makeOptions({ evaluator, trainEpochs: 10 })), async (strategy) => {
      const trained = await strategy.train(trainStream.at(0));
      expect(trained).toEqual({ "Top1_Acc_Epoch/train_phase/train_stream/Task000": 1 });
      const evaluated = await strategy.eval(testStream.at(0));
      expect(evaluated).toEqual({ "Top1_Acc_Stream/eval_phase/test_stream/Task000": 1 });
      expect(evaluator.getLastMetrics()).toEqual({ ...trained, ...evaluated });
      expect(strategy.evaluator).toBe(evaluator);
    });
  });

  test("train() keeps the optimizer's state from call to call, unless it is told to forget it", async () => {
    // One minibatch is the whole experience: its order matters for rounding alone.
    const create = (model: tf.LayersModel) =>
      new Naive(makeOptions({ model, optimizer: new Adam({ learningRate: 0.01 }), trainMbSize: 32, trainEpochs: 3 }));
    const parameters: Float32Array[] = [];
    for (const way of ["keep", "reset", "new strategy"]) {
      const model = mlp(SMALL_MLP);
      const strategy = create(model);
      const second = way === "new strategy" ? create(model) : strategy;
      await strategy.train(trainStream.at(0));
      await withStrategy(second, async () => {
        await second.train(trainStream.at(1), { resetOptimizerState: way === "reset" });
        parameters.push(second.parameters.slice());
      });
      await strategy.close();
    }
    const [kept = [], reset = [], anew = []] = parameters;
    expect(measureDifference(reset, anew)).toBeLessThan(1e-5);
    expect(measureDifference(kept, anew)).toBeGreaterThan(1e-3);
  });

  test("train() reads the learning rate at each step, as a schedule in beforeUpdate sets it", async () => {
    const optimizer = new SGD({ learningRate: 0.1 });
    const stopping = createListener(["beforeUpdate"], () => {
      optimizer.learningRate = 0;
    });
    await withStrategy(new Naive(makeOptions({ optimizer, plugins: [stopping] })), async (strategy) => {
      await strategy.eval(testStream);
      const before = strategy.parameters.slice();
      await strategy.train(trainStream);
      expect(strategy.parameters.slice()).toEqual(before);
    });
  });

  test("train() shuffles anew each epoch, and the same for the same seed", async () => {
    const orders: string[][] = [];
    for (const seed of [1, 1, 2]) {
      const epochs: string[] = [];
      const listener = createListener(["beforeTrainingEpoch", "beforeTrainingIteration"], (callback, { mbatch }) => {
        if (callback === "beforeTrainingEpoch") epochs.push("");
        else epochs[epochs.length - 1] += ` ${mbatch.references.rows}`;
      });
      const strategy = new Naive(makeOptions({ seed, trainEpochs: 2, plugins: [listener] }));
      await withStrategy(strategy, () => strategy.train(trainStream.at(0)));
      orders.push(epochs);
    }
    expect(orders[0]?.[0]).not.toBe(orders[0]?.[1]);
    expect(orders[1]).toEqual(orders[0] ?? []);
    expect(orders[2]?.[0]).not.toBe(orders[0]?.[0]);
  });

  test("train() trains on what a plugin puts in the place of the minibatch before the iteration", async () => {
    const parameters: Float32Array[] = [];
    const replacing = createListener(["beforeTrainingIteration"], (_, strategy) => {
      strategy.mbatch = takeFirst(strategy.experience.dataset, 10);
    });
    const adapting = createListener(["afterTrainDatasetAdaptation"], (_, strategy) => {
      strategy.adaptedDataset = takeFirst(strategy.experience.dataset, 10);
    });
    const splitting = createListener(["afterForward"], () => {});
    for (const plugins of [[adapting], [replacing], [replacing, splitting]]) {
      await withStrategy(new Naive(makeOptions({ plugins, trainMbSize: 32 })), async (strategy) => {
        await strategy.train(trainStream);
        parameters.push(strategy.parameters.slice());
      });
    }
    const [wanted = new Float32Array(), ...others] = parameters;
    for (const other of others) expect(measureDifference(other, wanted)).toBeLessThan(1e-5);
  });

  test("a subclass can make its own iterations: trainingIteration() is one, on any samples", async () => {
    class FewIterations extends BaseStrategy {
      override async trainingEpoch(): Promise<void> {
        for (const size of [8, 24]) await this.trainingIteration(takeFirst(this.adaptedDataset, size));
      }
    }
    const sizes: number[] = [];
    const listener = createListener(["afterTrainingIteration"], (_, { mbatch }) => void sizes.push(mbatch.length));
    const strategy = new FewIterations(makeOptions({ plugins: [listener] }));
    await withStrategy(strategy, () => strategy.train(trainStream));
    expect(sizes).toEqual([8, 24, 8, 24]);
    expect(strategy.clock.trainIterations).toBe(4);
  });

  test("what belongs to a loop is refused outside of it", async () => {
    const strategy = new Naive(makeOptions());
    const unstarted = "there from the first train or eval on: write `await strategy.start()` first";
    expect(() => strategy.cluster).toThrow(unstarted);
    expect(() => strategy.parameters).toThrow(unstarted);
    expect(() => strategy.gradient).toThrow(unstarted);
    expect(() => strategy.experience).toThrow("strategy.experience is there once train or eval has begun");
    expect(() => strategy.dataloader).toThrow("strategy.dataloader is there once");
    await withStrategy(strategy, () => strategy.train(trainStream));
    expect(() => strategy.dataloader).toThrow("strategy.dataloader is there once");
    expect([strategy.mbatch.length, strategy.adaptedDataset.length]).toEqual([0, 0]);
    expect(() => strategy.addLossTerm((output) => output.sum().asScalar())).toThrow(
      "must be called inside a training iteration",
    );
  });

  test("close() may be called more than once, and before anything was trained", async () => {
    const strategy = new Naive(makeOptions());
    await strategy.close();
    await strategy.close();
    await expect(strategy.eval(testStream)).rejects.toThrow("the strategy was closed: make another one");
  });
});

describe("a loss that is not finite", () => {
  for (const [plan, plugins] of [
    ["fused", []],
    ["split", [createListener(["afterForward"], () => {})]],
    ["split, with an update of its own", [createListener(["beforeBackward", "beforeUpdate"], () => {})]],
  ] as const) {
    test(`ends training with its iteration's number and finite parameters, where the step is ${plan}`, async () => {
      const optimizer = new SGD({ learningRate: 1e6 });
      let trained = new Float32Array();
      let iterations = 0;
      const listener = createListener(["afterTrainingIteration"], (_, strategy) => {
        trained = strategy.parameters.slice();
        iterations += 1;
      });
      const options = makeOptions({ optimizer, trainEpochs: 50, plugins: [...plugins, listener] });
      await withStrategy(new Naive(options), async (strategy) => {
        const failure = await strategy.train(trainStream).catch((reason: unknown) => reason);
        expect(failure).toBeInstanceOf(RangeError);
        expect(String(failure)).toContain(
          `training needs a finite loss at training iteration ${iterations} (16 samples; a smaller learning rate`,
        );
        expect(String(failure)).toContain("the parameters are those before this step");
        expect(iterations).toBeGreaterThan(0);
        expect(strategy.parameters.slice()).toEqual(trained);
        expect(trained.every(Number.isFinite)).toBe(true);
      });
    });
  }
});
