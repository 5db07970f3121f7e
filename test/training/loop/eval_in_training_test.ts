import { describe, expect, test } from "bun:test";
import { Naive } from "../../../src/methods/naive/naive.ts";
import { Adam } from "../../../src/optimizers/adam.ts";
import { createStream } from "../../../src/streams/stream.ts";
import type { BaseStrategy } from "../../../src/training/loop/base_strategy.ts";
import { type CallbackName, TRAINING_CALLBACKS } from "../../../src/training/loop/callbacks.ts";
import type { StrategyOptions } from "../../../src/training/loop/strategy_options.ts";
import { createListener } from "./callback_recorder.ts";
import { makeBenchmark, makeOptions, trainParameters, withStrategy } from "./made_strategy.ts";

const benchmark = makeBenchmark();
const { trainStream, testStream } = benchmark;

/** Adam and dropout: whatever an evaluation disturbed, vectors, counts or masks, would show in the parameters. */
function create(options: Partial<StrategyOptions>): BaseStrategy {
  return new Naive(
    makeOptions({ dropout: 0.4, trainEpochs: 2, optimizer: new Adam({ learningRate: 0.01 }), ...options }),
  );
}

/** Evaluates at every callback of these. */
function createEvaluator(callbacks: readonly CallbackName[]) {
  return createListener(callbacks, async (_, strategy) => {
    await strategy.eval(testStream);
  });
}

/** What `eval` must leave as it was; objects are compared by identity. */
function readState(strategy: BaseStrategy): unknown[] {
  return [
    strategy.experience,
    strategy.adaptedDataset,
    strategy.dataloader,
    strategy.mbatch,
    strategy.mbY,
    strategy.mbOutput,
    strategy.loss,
    strategy.isTraining,
    strategy.isEval,
    strategy.currentEvalStream,
    strategy.iterationsPerEpoch,
  ];
}

describe("eval() in the middle of training", () => {
  test("leaves the parameters bit-identical, fused", async () => {
    const wanted = await trainParameters(create({}), benchmark);
    for (const evalMode of ["epoch", "iteration"] as const) {
      expect(await trainParameters(create({ evalEvery: 1, evalMode }), benchmark)).toEqual(wanted);
    }
  });

  test("leaves the parameters bit-identical, split and called at any callback", async () => {
    const splitting = createListener(["afterForward", "afterBackward"], () => {});
    const wanted = await trainParameters(create({ plugins: [splitting] }), benchmark);
    const evaluating = createEvaluator(TRAINING_CALLBACKS);
    expect(await trainParameters(create({ plugins: [splitting, evaluating] }), benchmark)).toEqual(wanted);
  });

  test("restores the strategy's attributes, at any callback after the dataloader was made", async () => {
    const callbacks = TRAINING_CALLBACKS.slice(TRAINING_CALLBACKS.indexOf("beforeTrainingExp"), -1);
    let visits = 0;
    const listener = createListener(callbacks, async (_, strategy) => {
      const before = readState(strategy);
      const { totalIterations, ...counters } = strategy.clock;
      await strategy.eval(testStream);
      for (const [i, value] of readState(strategy).entries()) expect(Object.is(value, before[i])).toBe(true);
      const after = strategy.clock;
      expect({ ...after }).toEqual({ ...counters, totalIterations: totalIterations + 2 });
      visits += 1;
    });
    const strategy = create({ plugins: [listener] });
    await withStrategy(strategy, () => strategy.train(trainStream.at(0)));
    // Two around the experience, two around each of two epochs, eight in each of four iterations.
    expect(visits).toBe(2 + 2 * 2 + 4 * 8);
  });

  test("tells plugins that it evaluates, and what", async () => {
    const seen: string[] = [];
    const listener = createListener(["afterEvalIteration", "afterTrainingIteration"], (callback, strategy) => {
      const { isTraining, isEval, experience, mbatch, mbOutput } = strategy;
      const stream = experience.originStream.name;
      seen.push(`${callback} ${isTraining} ${isEval} ${stream} ${mbatch.length} ${mbOutput.shape}`);
    });
    const strategy = create({ plugins: [listener], evalEvery: 0, trainEpochs: 1, evalMbSize: 10 });
    await withStrategy(strategy, () => strategy.train(trainStream.at(0), { evalStreams: [testStream.at(0)] }));
    const evaluated = ["afterEvalIteration false true test 10 10,4", "afterEvalIteration false true test 6 6,4"];
    const trained = "afterTrainingIteration true false train 16 16,4";
    expect(seen).toEqual([...evaluated, trained, trained, ...evaluated]);
  });

  test("restores the attributes, where a plugin's error ends it", async () => {
    const failing = createListener(["afterEvalForward"], () => {
      throw new Error("made to fail");
    });
    let isRestored = false;
    const evaluating = createListener(["afterTrainingIteration"], async (_, strategy) => {
      const before = readState(strategy);
      await expect(strategy.eval(testStream)).rejects.toThrow("made to fail");
      isRestored = readState(strategy).every((value, i) => Object.is(value, before[i]));
    });
    const strategy = create({ plugins: [failing, evaluating] });
    await withStrategy(strategy, () => strategy.train(trainStream.at(0)));
    expect(isRestored).toBe(true);
  });
});

describe("eval()", () => {
  test("leaves out experiences without samples", async () => {
    const { dataset } = testStream.at(0);
    const stream = createStream("test", [{ dataset }, { dataset: dataset.subset([]), isUntested: true }, { dataset }]);
    const seen: number[] = [];
    const beforeEvalExp = ({ experience }: BaseStrategy) => void seen.push(experience.currentExperience);
    await using strategy = create({ plugins: [{ beforeEvalExp }] });
    await strategy.eval(stream);
    expect(seen).toEqual([0, 2]);
    expect(() => createStream("test", [{ dataset: dataset.subset([]) }])).toThrow("at least one sample");
  });

  test("computes the criterion alone: no dropout, no penalty, no change of the parameters", async () => {
    const losses: number[] = [];
    const listener = createListener(["afterEvalIteration"], (_, strategy) => void losses.push(strategy.loss));
    const strategy = create({ plugins: [listener] });
    await withStrategy(strategy, async () => {
      await strategy.eval(testStream);
      const before = strategy.parameters.slice();
      await strategy.eval(testStream);
      expect(strategy.parameters.slice()).toEqual(before);
      expect(losses.slice(2)).toEqual(losses.slice(0, 2));
    });
  });

  test("goes through experiences in order, without shuffling", async () => {
    const seen: number[] = [];
    const listener = createListener(
      ["beforeEvalIteration"],
      (_, { mbatch }) => void seen.push(...mbatch.references.rows),
    );
    const strategy = create({ plugins: [listener], evalMbSize: 7 });
    await withStrategy(strategy, () => strategy.eval(testStream));
    expect(seen).toEqual([...testStream].flatMap(({ dataset }) => [...dataset.references.rows]));
    expect(Object.keys(strategy.randomStreams.save())).toEqual([]);
  });
});
