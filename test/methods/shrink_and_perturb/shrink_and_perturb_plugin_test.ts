import { describe, expect, test } from "bun:test";
import { RandomStream } from "../../../src/core/random_stream.ts";
import { Naive } from "../../../src/methods/naive/naive.ts";
import type { ShrinkAndPerturbOptions } from "../../../src/methods/shrink_and_perturb/options.ts";
import {
  ShrinkAndPerturbPlugin,
  shrinkAndPerturbParameters,
} from "../../../src/methods/shrink_and_perturb/shrink_and_perturb_plugin.ts";
import { createListener } from "../../training/loop/callback_recorder.ts";
import { makeBenchmark, makeOptions, withStrategy } from "../../training/loop/made_strategy.ts";
import { measureDifference } from "../shared/slow_losses.ts";

const { trainStream } = makeBenchmark({ experiences: 4, samples: 64 });

/** How parameters differ right after the plugin's turn from what it was given: [when, before, after]. */
async function recordTurns(options: ShrinkAndPerturbOptions) {
  const turns: { when: number; before: Float32Array; after: Float32Array }[] = [];
  let before = new Float32Array();
  const callbacks = ["beforeTrainingExp", "afterTrainingIteration"] as const;
  const first = createListener(callbacks, (_, { parameters }) => {
    before = parameters.slice();
  });
  const last = createListener(callbacks, (_, { parameters, clock }) => {
    if (measureDifference(parameters, before) > 0) {
      turns.push({ when: clock.trainIterations, before, after: parameters.slice() });
    }
  });
  const plugins = [first, new ShrinkAndPerturbPlugin(options), last];
  const strategy = new Naive(makeOptions({ plugins, seed: 5, trainMbSize: 8 }));
  await withStrategy(strategy, () => strategy.train(trainStream));
  return turns;
}

describe("ShrinkAndPerturbPlugin", () => {
  test("shrinks and perturbs before each experience but the first, or after so many iterations", async () => {
    const random = new RandomStream(5, "shrink-and-perturb");
    const turns = await recordTurns({ shrink: 0.5, perturb: 0.1 });
    expect(turns.map(({ when }) => when)).toEqual([2, 4, 6]);
    for (const { before, after } of turns) {
      const wanted = Array.from(before, (theta) => 0.5 * theta + 0.1 * random.normal());
      expect(measureDifference(after, wanted)).toBeLessThan(1e-6);
    }
    const often = await recordTurns({ every: 3 });
    expect(often.map(({ when }) => when)).toEqual([2, 5]);
  });

  test("shrinkAndPerturbParameters() adds noise of the deviation asked for", () => {
    const parameters = new Float32Array(20_000).fill(2);
    shrinkAndPerturbParameters(parameters, { shrink: 0.25, perturb: 0.3, random: new RandomStream(1, "noise") });
    const mean = parameters.reduce((sum, theta) => sum + theta, 0) / parameters.length;
    const deviation = Math.sqrt(parameters.reduce((sum, theta) => sum + (theta - mean) ** 2, 0) / parameters.length);
    expect(Math.abs(mean - 0.5)).toBeLessThan(0.01);
    expect(Math.abs(deviation - 0.3)).toBeLessThan(0.01);
  });

  test("ShrinkAndPerturbPlugin() refuses options out of range", () => {
    expect(() => new ShrinkAndPerturbPlugin({ shrink: 2 })).toThrow(
      "ShrinkAndPerturbPlugin: shrink must be from 0 to 1, got 2",
    );
    expect(() => new ShrinkAndPerturbPlugin({ perturb: -1 })).toThrow(
      "ShrinkAndPerturbPlugin: perturb must be at least 0, got -1",
    );
    expect(() => new ShrinkAndPerturbPlugin({ every: 0 })).toThrow(
      "ShrinkAndPerturbPlugin: every must be at least 1, got 0",
    );
    expect(() => Reflect.construct(ShrinkAndPerturbPlugin, [{ every: "epoch" }])).toThrow(
      'ShrinkAndPerturbPlugin: every must be "experience", got "epoch"',
    );
  });
});
