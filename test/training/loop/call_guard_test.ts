import { describe, expect, test } from "bun:test";
import { RefusalError } from "../../../src/core/errors/errors.ts";
import { Naive } from "../../../src/methods/naive/naive.ts";
import { BaseStrategy } from "../../../src/training/loop/base_strategy.ts";
import { createListener } from "./callback_recorder.ts";
import { makeBenchmark, makeOptions, withStrategy } from "./made_strategy.ts";

const { trainStream, testStream } = makeBenchmark();

/** What a promise is rejected with; undefined where it is not. */
function catchRejection(promise: Promise<unknown>): Promise<unknown> {
  return promise.then(
    () => undefined,
    (error: unknown) => error,
  );
}

const train = (strategy: BaseStrategy) => strategy.train(trainStream);
const evaluate = (strategy: BaseStrategy) => strategy.eval(testStream);

describe("a forgotten await", () => {
  for (const [first, second, sentence] of [
    [train, train, "train() was called while train() goes on: write `await strategy.train(…)`"],
    [train, evaluate, "eval() was called while train() goes on: write `await strategy.train(…)`"],
    [evaluate, train, "train() was called while eval() goes on: write `await strategy.eval(…)`"],
    [evaluate, evaluate, "eval() was called while eval() goes on: write `await strategy.eval(…)`"],
  ] as const) {
    test(`is refused by the next call, which changes nothing: ${sentence.split(":")[0]}`, async () => {
      const parameters: Float32Array[] = [];
      for (const isDisturbed of [false, true]) {
        for (const isStarted of [false, true]) {
          await withStrategy(new Naive(makeOptions()), async (strategy) => {
            if (isStarted) await strategy.eval(testStream);
            const forgotten = first(strategy);
            if (isDisturbed) {
              const refusal = await catchRejection(second(strategy));
              expect(refusal).toBeInstanceOf(RefusalError);
              expect(String(refusal)).toContain(sentence);
            }
            await forgotten;
            parameters.push(strategy.parameters.slice());
            await strategy.train(trainStream.at(0));
          });
        }
      }
      for (const other of parameters) expect(other).toEqual(parameters[0] ?? new Float32Array());
    });
  }

  test("is refused in a callback, where the strategy trains already", async () => {
    const refusals: unknown[] = [];
    const training = createListener(["beforeTrainingExp", "afterEvalExp"], async (_, strategy) => {
      refusals.push(await catchRejection(strategy.train(trainStream.at(0))));
    });
    await withStrategy(new Naive(makeOptions({ plugins: [training] })), async (strategy) => {
      await strategy.train(trainStream.at(0));
      await strategy.eval(testStream.at(0));
    });
    expect(refusals.map(String)).toEqual([
      "Error: train() was called while train() goes on: write `await strategy.train(…)`",
      "Error: train() was called while eval() goes on: write `await strategy.eval(…)`",
    ]);
  });

  test("is none where a part of the loop that is overridden evaluates", async () => {
    class Curious extends BaseStrategy {
      evaluations = 0;
      override async trainingEpoch(): Promise<void> {
        await this.eval(testStream);
        await super.trainingEpoch();
        await this.eval(testStream);
        this.evaluations += 2;
      }
    }
    const strategy = new Curious(makeOptions());
    await withStrategy(strategy, () => strategy.train(trainStream));
    expect(strategy.evaluations).toBe(4);
  });

  test("of two computations beside the step is refused", async () => {
    await withStrategy(new Naive(makeOptions()), async (strategy) => {
      await strategy.start();
      const { dataset } = testStream.at(0);
      const wanted = (await strategy.gradientOn(dataset)).slice();
      const first = strategy.gradientOn(dataset);
      const refusal = await catchRejection(strategy.forwardWith(strategy.parameters, dataset));
      expect(String(refusal)).toContain("two computations of one strategy at the same time: await train, eval,");
      expect((await first).slice()).toEqual(wanted);
    });
  });
});

describe("a closed strategy", () => {
  test("refuses every call, and says what to make", async () => {
    const strategy = new Naive(makeOptions());
    await withStrategy(strategy, () => strategy.train(trainStream.at(0)));
    const { dataset } = testStream.at(0);
    for (const call of [
      () => strategy.train(trainStream),
      () => strategy.eval(testStream),
      () => strategy.start(),
      () => strategy.extractFeatures(dataset),
    ]) {
      const refusal = await catchRejection(call());
      expect(refusal).toBeInstanceOf(RefusalError);
      expect(String(refusal)).toContain("the strategy was closed: make another one with the model, which keeps its");
    }
    const refusal = await catchRejection(strategy.gradientOn(dataset));
    expect(String(refusal)).toContain("the replicas were closed: await what is computed before closing");
    expect(strategy.parameters.length).toBe(92);
  });

  for (const workers of [0, 1]) {
    test(`ends what it was doing with a sentence, on ${workers} workers`, async () => {
      for (const isStarted of [false, true]) {
        const strategy = new Naive(makeOptions({ cluster: { workers }, trainEpochs: 100 }));
        if (isStarted) await strategy.eval(testStream);
        const forgotten = catchRejection(strategy.train(trainStream));
        await strategy.close();
        const refusal = await forgotten;
        expect(refusal).toBeInstanceOf(RefusalError);
        expect(String(refusal)).toMatch(/the (strategy|replicas) (was|were) closed: /);
      }
    });
  }
});
