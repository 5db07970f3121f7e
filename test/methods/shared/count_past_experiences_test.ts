import { describe, expect, test } from "bun:test";
import { RandomStream } from "../../../src/core/random_stream.ts";
import { Naive } from "../../../src/methods/naive/naive.ts";
import { countPastExperiences } from "../../../src/methods/shared/count_past_experiences.ts";
import { ShrinkAndPerturbPlugin } from "../../../src/methods/shrink_and_perturb/shrink_and_perturb_plugin.ts";
import { createOnlineStream } from "../../../src/streams/online_experience.ts";
import { createListener } from "../../training/loop/callback_recorder.ts";
import { makeBenchmark, makeOptions, withStrategy } from "../../training/loop/made_strategy.ts";

const { trainStream } = makeBenchmark({ experiences: 2, samples: 64 });
const online = createOnlineStream(trainStream, { experienceSize: 16, random: new RandomStream(1, "online") });

describe("countPastExperiences()", () => {
  test("counts experiences in the order of training, and of pieces those that they were cut from", async () => {
    const [a, b] = trainStream;
    const pieces = [...online];
    const [first, second, third, fourth] = pieces;
    if (!a || !b || !first || !second || !third || !fourth) throw new Error("two experiences of two pieces were made");
    for (const [stream, wanted] of [
      [trainStream, [0, 1]],
      [online, [0, 0, 1, 1]],
      [
        [b, a, b],
        [0, 1, 2],
      ],
      // Of the second experience alone, or first.
      [
        [third, fourth],
        [0, 0],
      ],
      [
        [third, fourth, first, second],
        [0, 0, 1, 1],
      ],
      // Whole ones and pieces, pieces by turns, and the same again.
      [
        [a, third, fourth, b, first],
        [0, 1, 1, 2, 3],
      ],
      [
        [first, third, second],
        [0, 1, 2],
      ],
      [
        [first, first, second, second],
        [0, 0, 0, 0],
      ],
    ] as const) {
      const counts: number[] = [];
      const listener = createListener(["beforeTrainingExp"], (_, strategy) => {
        counts.push(countPastExperiences(strategy));
      });
      const strategy = new Naive(makeOptions({ plugins: [listener] }));
      await withStrategy(strategy, () => strategy.train(stream));
      expect(counts).toEqual([...wanted]);
      expect(strategy.clock.trainExpCounter).toBe(wanted.length);
    }
  });
});

describe("ShrinkAndPerturbPlugin", () => {
  test("shrinks before an online stream's experiences, not before each piece", async () => {
    const sums: number[] = [];
    const plugin = new ShrinkAndPerturbPlugin({ shrink: 0, perturb: 0 });
    const listener = createListener(["beforeTrainingExp"], (_, { parameters }) => {
      sums.push(parameters.reduce((sum, value) => sum + Math.abs(value), 0));
    });
    const strategy = new Naive(makeOptions({ plugins: [plugin, listener] }));
    await withStrategy(strategy, () => strategy.train(online));
    expect(sums.map((sum) => sum === 0)).toEqual([false, false, true, false]);
  });
});
