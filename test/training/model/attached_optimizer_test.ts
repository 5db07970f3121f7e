import { describe, expect, test } from "bun:test";
import { Naive } from "../../../src/methods/naive/naive.ts";
import { Adam } from "../../../src/optimizers/adam.ts";
import { SGD } from "../../../src/optimizers/sgd.ts";
import { assign } from "../../methods/contract/assigned.ts";
import { expectResumable } from "../../methods/contract/resume_law.ts";
import { createListener } from "../loop/callback_recorder.ts";
import { makeBenchmark, makeOptions, withStrategy } from "../loop/made_strategy.ts";

const benchmark = makeBenchmark();
const { trainStream } = benchmark;

describe("strategy.optimizer", () => {
  const create = (optimizer = new SGD({ learningRate: 0.1, momentum: 0.9 }), workers = 0) =>
    new Naive(makeOptions({ optimizer, trainMbSize: 32, cluster: { workers, logicalShards: 2 } }));

  for (const workers of [0, 2]) {
    test(`makes the steps from then on, from zero, on ${workers} workers`, async () => {
      const others = [
        () => new Adam({ learningRate: 0.02 }),
        () => new SGD({ learningRate: 0.02 }),
        () => new SGD({ learningRate: 0.02, momentum: 0.5 }),
      ];
      for (const makeOther of workers === 0 ? others : others.slice(0, 1)) {
        const made = await withStrategy(create(undefined, workers), async (strategy) => {
          await strategy.train(trainStream.at(0));
          strategy.optimizer = makeOther();
          await strategy.train(trainStream.at(1));
          await strategy.train(trainStream.at(0));
          return strategy.parameters.slice();
        });
        const first = create();
        await first.train(trainStream.at(0));
        const wanted = await withStrategy(first, async () => {
          const second = new Naive(
            makeOptions({
              model: first.model,
              optimizer: makeOther(),
              trainMbSize: 32,
              cluster: { workers: 0, logicalShards: 2 },
            }),
          );
          second.randomStreams.get("shuffle").permutation(32);
          return withStrategy(second, async () => {
            await second.train(trainStream.at(1));
            await second.train(trainStream.at(0));
            return second.parameters.slice();
          });
        });
        expect(made).toEqual(wanted);
      }
    });
  }

  test("may be replaced by a plugin between two iterations", async () => {
    const replacing = createListener(["afterTrainingIteration"], (_, strategy) => {
      strategy.optimizer = new SGD({ learningRate: 0 });
    });
    const steps: Float32Array[] = [];
    const noting = createListener(["afterUpdate"], (_, { parameters }) => void steps.push(parameters.slice()));
    const optimizer = new Adam();
    await withStrategy(new Naive(makeOptions({ optimizer, plugins: [replacing, noting] })), (strategy) =>
      strategy.train(trainStream.at(0)),
    );
    expect(steps[1]).toEqual(steps[0] ?? new Float32Array());
  });

  test("and settings that were assigned are in checkpoints: a run goes on identically with them", async () => {
    const createStrategy = () => {
      const changing = createListener(["afterTrainingExp"], (_, strategy) => {
        strategy.optimizer = new Adam({ learningRate: 0.02, beta1: 0.8 });
        strategy.trainMbSize = 5;
        strategy.trainEpochs = 2;
        strategy.dropLast = true;
      });
      return new Naive(makeOptions({ optimizer: new SGD({ learningRate: 0.1 }), plugins: [changing], dropout: 0.2 }));
    };
    // Two iterations of 16 in the first experience, then twice six of 5.
    await expectResumable(createStrategy, benchmark, { iterations: [1, 3, 9, 14] });
  });

  test("takes a learning rate at any time; its other constants refuse to be assigned", async () => {
    const optimizer = new SGD({ learningRate: 0.1, momentum: 0.9 });
    await withStrategy(create(optimizer), async (strategy) => {
      await strategy.train(trainStream.at(0));
      const before = strategy.parameters.slice();
      optimizer.learningRate = 0;
      await strategy.train(trainStream.at(1));
      expect(strategy.parameters.slice()).toEqual(before);
    });
    const cure = "is given when an optimizer is made: assign strategy.optimizer = new SGD(…)";
    expect(() => assign(optimizer.spec, "momentum", 0)).toThrow(`momentum ${cure}`);
    expect(() => assign(optimizer, "momentum", 0)).toThrow(`momentum ${cure}`);
    expect(() => assign(create(), "optimizer", "sgd")).toThrow(
      'Naive: optimizer must be an optimizer such as new SGD({ learningRate: 0.01 }), got "sgd"',
    );
  });
});
