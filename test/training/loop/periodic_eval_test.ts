import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import { Naive } from "../../../src/methods/naive/naive.ts";
import type { StrategyOptions } from "../../../src/training/loop/strategy_options.ts";
import type { TrainOptions } from "../../../src/training/loop/train_options.ts";
import { createListener } from "./callback_recorder.ts";
import { makeBenchmark, makeOptions, withStrategy } from "./made_strategy.ts";

const { trainStream, testStream } = makeBenchmark();

/** One `eval` call: when it came, and of which experiences. */
interface Evaluation {
  /** "start", "epoch EXPERIENCE.EPOCH", "iteration EXPERIENCE.ITERATION" or "end EXPERIENCE". */
  readonly moment: string;
  readonly experiences: string;
}

const MOMENTS = ["beforeTraining", "afterTrainingIteration", "afterTrainingEpoch", "afterTrainingExp"] as const;

/** Trains on two experiences of two minibatches an epoch, and lists the evaluations meanwhile. */
async function listEvaluations(
  options: Partial<StrategyOptions>,
  trainOptions: TrainOptions = { evalStreams: [testStream] },
): Promise<Evaluation[]> {
  const evaluations: Evaluation[] = [];
  let moment = "";
  const listener = createListener([...MOMENTS, "beforeEval"], (callback, { clock, currentEvalStream }) => {
    if (callback === "beforeTraining") moment = "start";
    if (callback === "afterTrainingIteration")
      moment = `iteration ${clock.trainExpCounter}.${clock.trainExpIterations}`;
    if (callback === "afterTrainingEpoch") moment = `epoch ${clock.trainExpCounter}.${clock.trainExpEpochs}`;
    if (callback === "afterTrainingExp") moment = `end ${clock.trainExpCounter}`;
    if (callback !== "beforeEval") return;
    const names = currentEvalStream.map(
      (experience) => `${experience.originStream.name}${experience.currentExperience}`,
    );
    evaluations.push({ moment, experiences: names.join(" ") });
  });
  const strategy = new Naive(makeOptions({ ...options, plugins: [listener] }));
  await withStrategy(strategy, () => strategy.train(trainStream, trainOptions));
  return evaluations;
}

async function listMoments(options: Partial<StrategyOptions>): Promise<string[]> {
  return (await listEvaluations(options)).map(({ moment }) => moment);
}

describe("evalEvery", () => {
  test("of −1 never evaluates", async () => {
    expect(await listMoments({ evalEvery: -1, trainEpochs: 3 })).toEqual([]);
  });

  test("of 0 evaluates at the start of train() and at the end of each experience", async () => {
    for (const evalMode of ["epoch", "iteration"] as const) {
      expect(await listMoments({ evalEvery: 0, evalMode, trainEpochs: 3 })).toEqual(["start", "end 0", "end 1"]);
    }
  });

  test("of 1 evaluates every epoch, and not again at the end", async () => {
    const moments = await listMoments({ evalEvery: 1, trainEpochs: 3 });
    expect(moments).toEqual(["start", "epoch 0.0", "epoch 0.1", "epoch 0.2", "epoch 1.0", "epoch 1.1", "epoch 1.2"]);
  });

  test("of 2 evaluates epochs 0, 2, 4 …, and at the end where that was no evaluated epoch", async () => {
    const odd = await listMoments({ evalEvery: 2, trainEpochs: 3 });
    expect(odd).toEqual(["start", "epoch 0.0", "epoch 0.2", "epoch 1.0", "epoch 1.2"]);
    const even = await listMoments({ evalEvery: 2, trainEpochs: 4 });
    expect(even).toEqual(["start", "epoch 0.0", "epoch 0.2", "end 0", "epoch 1.0", "epoch 1.2", "end 1"]);
  });

  test("in iterations evaluates iterations 0, k, 2k … of each experience, and always at its end", async () => {
    const every = await listMoments({ evalEvery: 1, evalMode: "iteration", trainEpochs: 2 });
    expect(every).toEqual([
      "start",
      ...[0, 1, 2, 3].map((i) => `iteration 0.${i}`),
      "end 0",
      ...[0, 1, 2, 3].map((i) => `iteration 1.${i}`),
      "end 1",
    ]);
    const second = await listMoments({ evalEvery: 2, evalMode: "iteration", trainEpochs: 2 });
    expect(second).toEqual([
      "start",
      "iteration 0.0",
      "iteration 0.2",
      "end 0",
      "iteration 1.0",
      "iteration 1.2",
      "end 1",
    ]);
  });

  test("of k evaluates as Avalanche does, for any k and number of epochs", async () => {
    await fc.assert(
      fc.asyncProperty(fc.integer({ min: 1, max: 4 }), fc.integer({ min: 0, max: 5 }), async (k, trainEpochs) => {
        const experience = (index: number) => {
          const epochs = Array.from({ length: trainEpochs }, (_, epoch) => epoch).filter((epoch) => epoch % k === 0);
          const final = (trainEpochs - 1) % k === 0 ? [] : [`end ${index}`];
          return [...epochs.map((epoch) => `epoch ${index}.${epoch}`), ...final];
        };
        // Without epochs nothing was trained, but the experience has ended.
        const ends = trainEpochs === 0 ? ["end 0", "end 1"] : [...experience(0), ...experience(1)];
        expect(await listMoments({ evalEvery: k, trainEpochs })).toEqual(["start", ...ends]);
      }),
      { numRuns: 12 },
    );
  });
});

describe("evalStreams", () => {
  test("are evaluated each by a call of its own, empty ones not at all", async () => {
    const evalStreams = [testStream, trainStream.at(1), [], testStream.slice(0, 1)];
    const evaluations = await listEvaluations({ evalEvery: 0 }, { evalStreams });
    const groups = ["test0 test1", "train1", "test0"];
    expect(evaluations.map(({ experiences }) => experiences)).toEqual([...groups, ...groups, ...groups]);
  });

  test("are the experiences being trained, by stream, if left out", async () => {
    const evaluations = await listEvaluations({ evalEvery: 0 }, {});
    const moments = ["start", "end 0", "end 1"];
    expect(evaluations).toEqual(moments.map((moment) => ({ moment, experiences: "train0 train1" })));
  });

  test("of no elements evaluate nothing, whatever evalEvery", async () => {
    expect(await listEvaluations({ evalEvery: 1 }, { evalStreams: [] })).toEqual([]);
  });

  test("may be iterators, and so may be what is trained: each is gone through once", async () => {
    const list: string[] = [];
    const listener = createListener(["beforeTrainingExp", "beforeEval"], (callback, strategy) => {
      const experiences = callback === "beforeEval" ? strategy.currentEvalStream : [strategy.experience];
      list.push(`${callback} ${experiences.map(({ currentExperience }) => currentExperience).join(" ")}`);
    });
    for (const evalStreams of [undefined, [testStream[Symbol.iterator]()]]) {
      list.length = 0;
      const strategy = new Naive(makeOptions({ evalEvery: 0, plugins: [listener] }));
      const options = evalStreams ? { evalStreams: evalStreams.map((iterator) => Iterator.from(iterator)) } : {};
      await withStrategy(strategy, () => strategy.train(Iterator.from(trainStream), options));
      expect(list).toEqual([
        "beforeEval 0 1",
        "beforeTrainingExp 0",
        "beforeEval 0 1",
        "beforeTrainingExp 1",
        "beforeEval 0 1",
      ]);
    }
  });

  test("leave a stream that is trained on unread until its turn, where it is not evaluated", async () => {
    const log: string[] = [];
    function* makeLazily() {
      for (const experience of trainStream) {
        log.push(`made ${experience.currentExperience}`);
        yield experience;
      }
    }
    const listener = createListener(["afterTrainingExp"], (_, { experience }) => {
      log.push(`trained ${experience.currentExperience}`);
    });
    const strategy = new Naive(makeOptions({ evalEvery: 0, plugins: [listener] }));
    await withStrategy(strategy, () => strategy.train(makeLazily(), { evalStreams: [] }));
    expect(log).toEqual(["made 0", "trained 0", "made 1", "trained 1"]);
  });
});
