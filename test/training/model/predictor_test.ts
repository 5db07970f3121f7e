import { describe, expect, test } from "bun:test";
import { BiCPlugin } from "../../../src/methods/bic/bic_plugin.ts";
import { Naive } from "../../../src/methods/naive/naive.ts";
import { StreamingLDA } from "../../../src/methods/streaming_lda/streaming_lda.ts";
import { WeightAveragingPlugin } from "../../../src/methods/weight_averaging/weight_averaging_plugin.ts";
import type { BaseStrategy } from "../../../src/training/loop/base_strategy.ts";
import { EVAL_CALLBACKS } from "../../../src/training/loop/callbacks.ts";
import type { StrategyOptions } from "../../../src/training/loop/strategy_options.ts";
import type { StrategyPlugin } from "../../../src/training/loop/strategy_plugin.ts";
import { usePredictor } from "../../../src/training/model/predictor.ts";
import { createListener } from "../loop/callback_recorder.ts";
import { makeBenchmark, makeOptions, withStrategy } from "../loop/made_strategy.ts";

const { trainStream, testStream } = makeBenchmark();

/** Notes what evaluations say of each sample. */
function noteOutputs(outputs: number[][]): StrategyPlugin {
  return createListener(["afterEvalIteration"], (_, { mbOutput }) => void outputs.push([...mbOutput.data]), "notes");
}

/** A strategy that was trained on the whole stream. */
async function withTrained<Result>(
  create: (options: StrategyOptions) => BaseStrategy,
  use: (strategy: BaseStrategy) => Promise<Result>,
): Promise<Result> {
  return withStrategy(create(makeOptions({ evalMbSize: 64 })), async (strategy) => {
    await strategy.train(trainStream);
    return use(strategy);
  });
}

describe("usePredictor()", () => {
  for (const [name, create] of [
    [
      "plugins",
      (given: StrategyOptions, notes: StrategyPlugin) => {
        return new Naive({ ...given, plugins: [new WeightAveragingPlugin({ decay: 0.9 }), new BiCPlugin(), notes] });
      },
    ],
    ["a subclass", (given: StrategyOptions, notes: StrategyPlugin) => new StreamingLDA({ ...given, plugins: [notes] })],
  ] as const) {
    test(`predict() gives what evaluation says, when ${name} decide it`, async () => {
      const outputs: number[][] = [];
      await withTrained(
        (options) => create(options, noteOutputs(outputs)),
        async (strategy) => {
          await strategy.eval(testStream);
          const predicted = await usePredictor(strategy, async ({ predict }) => {
            const all: number[][] = [];
            for (const experience of testStream) all.push([...(await predict(experience, experience.dataset)).data]);
            return all;
          });
          expect(predicted).toEqual(outputs.slice(-testStream.length));
        },
      );
    });
  }

  test("describe() gives copies of what evaluation computes with, when plugins put it there for that time", async () => {
    const averaging = new WeightAveragingPlugin({ decay: 0.9 });
    await withTrained(
      (options) => new Naive({ ...options, plugins: [averaging] }),
      async (strategy) => {
        const trained = Float32Array.from(strategy.parameters);
        const { parameters, heads } = await usePredictor(strategy, ({ describe }) => describe(trainStream.at(1)));
        expect([...parameters]).toEqual([...(averaging.average ?? [])]);
        expect(parameters).not.toEqual(trained);
        expect(heads).toEqual([]);
        expect(Float32Array.from(strategy.parameters)).toEqual(trained);
      },
    );
  });

  test("calls nobody but those who say how they predict, and leaves all as it was, when the work fails too", async () => {
    const calls: string[] = [];
    const note = (name: string) =>
      createListener(EVAL_CALLBACKS, (callback) => void calls.push(`${name} ${callback}`), name);
    const predicting = { ...note("predicting"), predictionHead: () => undefined };
    await withTrained(
      (options) => new Naive({ ...options, plugins: [predicting, note("other")] }),
      async (strategy) => {
        const { experience, mbatch, clock } = strategy;
        const counters = { ...clock };
        const asking = usePredictor(strategy, async ({ predict }) => {
          await predict(testStream.at(0), testStream.at(0).dataset);
          throw new Error("too bad");
        });
        await expect(asking).rejects.toThrow("too bad");
        expect(calls).toEqual(
          ["beforeEval", "beforeEvalExp", "afterEvalForward", "afterEvalExp", "afterEval"].map(
            (name) => `predicting ${name}`,
          ),
        );
        expect(strategy.experience).toBe(experience);
        expect(strategy.mbatch).toBe(mbatch);
        expect({ ...strategy.clock }).toEqual(counters);
      },
    );
  });
});
