import { describe, expect, test } from "bun:test";
import { JointTraining } from "../../../src/methods/joint_training/joint_training.ts";
import { Naive } from "../../../src/methods/naive/naive.ts";
import { makeBenchmark, makeOptions, withStrategy } from "./made_strategy.ts";

const benchmark = makeBenchmark();
const { trainStream, testStream } = benchmark;

/** What is not experiences, and what the refusal says of it. */
const MISTAKES: readonly (readonly [name: string, given: unknown, sentence: string])[] = [
  ["stream[0]", Reflect.get(trainStream, "0"), "got undefined: write stream.at(0) instead of stream[0], and `await`"],
  ["nothing", null, "got null"],
  ["a data set", trainStream.at(0).dataset, "got a data set: make a benchmark with createDatasetBenchmark"],
  ["a benchmark", benchmark, "got a benchmark: take its trainStream or testStream"],
  ["a promise", Promise.resolve(trainStream), "got a promise: write `await` before what gives it"],
  ["[stream]", [testStream], "which holds a stream or another list: give the stream itself"],
  ["a list with a hole", [testStream.at(0), undefined], "which holds undefined: write stream.at(0)"],
  ["a name", "train", 'got "train"'],
  ["a number", 0, "got 0"],
];

describe("what train() and eval() take", () => {
  for (const [name, given, sentence] of MISTAKES) {
    test(`is not ${name}: the refusal says what to write`, async () => {
      for (const strategy of [new Naive(makeOptions()), new JointTraining(makeOptions())]) {
        await withStrategy(strategy, async () => {
          for (const call of ["train", "eval"] as const) {
            const made: Promise<unknown> = Reflect.apply(strategy[call], strategy, [given]);
            const refusal = await made.catch((error: unknown) => error);
            expect(refusal).toBeInstanceOf(TypeError);
            expect(String(refusal)).toContain(`${call}() takes `);
            expect(String(refusal)).toContain(sentence);
          }
          // Neither has begun anything.
          await strategy.train(trainStream);
          expect(strategy.clock.trainExpCounter).toBe(strategy instanceof JointTraining ? 1 : 2);
        });
      }
    });
  }

  test("is one experience, a stream, or a list of experiences", async () => {
    await withStrategy(new Naive(makeOptions()), async (strategy) => {
      for (const given of [trainStream.at(0), trainStream, [...trainStream], trainStream.slice(1)]) {
        await strategy.train(given);
        await strategy.eval(given);
      }
      expect(strategy.clock.trainExpCounter).toBe(1 + 2 + 2 + 1);
    });
  });

  test("is a list of them for evalStreams", async () => {
    await withStrategy(new Naive(makeOptions()), async (strategy) => {
      const train = (evalStreams: unknown) => Reflect.apply(strategy.train, strategy, [trainStream, { evalStreams }]);
      await expect(train(testStream)).rejects.toThrow("evalStreams is a list of streams: write evalStreams: [stream]");
      await expect(train([testStream, undefined])).rejects.toThrow("evalStreams takes an experience or a stream");
    });
  });
});
