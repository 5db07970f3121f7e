import { describe, expect, test } from "bun:test";
import { Naive } from "../../../src/methods/naive/naive.ts";
import type { BaseStrategy } from "../../../src/training/loop/base_strategy.ts";
import type { CallbackName } from "../../../src/training/loop/callbacks.ts";
import type { StrategyPlugin } from "../../../src/training/loop/strategy_plugin.ts";
import { createListener } from "./callback_recorder.ts";
import { makeBenchmark, makeOptions, withStrategy } from "./made_strategy.ts";

const { trainStream } = makeBenchmark();

/** Stops at a callback of an experience, when `condition` holds. */
function stopAt(
  wanted: CallbackName,
  condition: (strategy: BaseStrategy) => boolean = () => true,
  experience = 0,
): StrategyPlugin {
  return createListener([wanted], (_, strategy) => {
    if (strategy.experience.currentExperience === experience && condition(strategy)) strategy.stopTraining();
  });
}

/** Trains on two experiences of two epochs of two minibatches, and lists what took place. */
async function listEvents(stopper: StrategyPlugin): Promise<string[]> {
  const events: string[] = [];
  const watched = [
    "beforeTrainingEpoch",
    "afterTrainingIteration",
    "afterTrainingEpoch",
    "afterTrainingExp",
    "afterTraining",
  ] as const;
  const listener = createListener(watched, (callback) => void events.push(callback.replace("Training", "")));
  const strategy = new Naive(makeOptions({ trainEpochs: 2, plugins: [stopper, listener] }));
  await withStrategy(strategy, () => strategy.train(trainStream));
  return events;
}

const EPOCH = ["beforeEpoch", "afterIteration", "afterIteration", "afterEpoch"];
const EXPERIENCE = [...EPOCH, ...EPOCH, "afterExp"];

describe("stopTraining()", () => {
  test("ends the experience before its next minibatch, and trains the next experience as usual", async () => {
    const events = await listEvents(stopAt("afterForward"));
    expect(events).toEqual([
      "beforeEpoch",
      "afterIteration",
      "afterEpoch",
      // Avalanche's order: the epoch that is not trained any more is announced.
      "beforeEpoch",
      "afterExp",
      ...EXPERIENCE,
      "after",
    ]);
  });

  test("in the last iteration of the last epoch does not leak into the next experience", async () => {
    const isLast = ({ clock }: BaseStrategy) => clock.trainExpIterations === 3;
    for (const callback of ["beforeTrainingIteration", "afterTrainingIteration"] as const) {
      expect(await listEvents(stopAt(callback, isLast))).toEqual([...EXPERIENCE, ...EXPERIENCE, "after"]);
    }
    for (const callback of ["afterTrainingEpoch", "afterTrainingExp"] as const) {
      const isOver = ({ clock }: BaseStrategy) => clock.trainExpIterations === 4;
      expect(await listEvents(stopAt(callback, isOver))).toEqual([...EXPERIENCE, ...EXPERIENCE, "after"]);
    }
  });

  test("before an epoch leaves it out", async () => {
    const untrained = ["beforeEpoch", "afterExp", ...EXPERIENCE, "after"];
    expect(await listEvents(stopAt("beforeTrainingEpoch"))).toEqual(untrained);
    expect(await listEvents(stopAt("beforeTrainingExp"))).toEqual(untrained);
    const second = await listEvents(stopAt("beforeTrainingEpoch", ({ clock }) => clock.trainExpEpochs === 1));
    expect(second).toEqual([...EPOCH, "beforeEpoch", "afterExp", ...EXPERIENCE, "after"]);
  });

  test("in the last experience ends train() as usual", async () => {
    const events = await listEvents(stopAt("afterTrainingIteration", () => true, 1));
    expect(events).toEqual([
      ...EXPERIENCE,
      "beforeEpoch",
      "afterIteration",
      "afterEpoch",
      "beforeEpoch",
      "afterExp",
      "after",
    ]);
  });

  test("keeps what was trained: the parameters are those after the iteration in which it was called", async () => {
    const stopped = new Naive(makeOptions({ trainEpochs: 5, plugins: [stopAt("afterTrainingEpoch")] }));
    const whole = new Naive(makeOptions({ trainEpochs: 1 }));
    const parameters: Float32Array[] = [];
    for (const strategy of [stopped, whole]) {
      await withStrategy(strategy, async () => {
        await strategy.train(trainStream.at(0));
        parameters.push(strategy.parameters.slice());
      });
    }
    expect(parameters[0]).toEqual(parameters[1] ?? new Float32Array());
  });
});
