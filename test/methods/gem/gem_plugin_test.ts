import { describe, expect, test } from "bun:test";
import { GEM, GEMPlugin } from "../../../src/methods/gem/gem_plugin.ts";
import { projectOntoMemories } from "../../../src/methods/gem/project_gradient.ts";
import { Naive } from "../../../src/methods/naive/naive.ts";
import { createListener } from "../../training/loop/callback_recorder.ts";
import { makeBenchmark, makeOptions, trainParameters, withStrategy } from "../../training/loop/made_strategy.ts";
import { measureDifference } from "../shared/slow_losses.ts";
import { holdMemories } from "./held_memories.ts";

const benchmark = makeBenchmark({ experiences: 4, samples: 128 });

describe("GEMPlugin", () => {
  test("projects every step onto one gradient a past experience, of all that is remembered of it", async () => {
    let before = new Float32Array(0);
    let moved = 0;
    const first = createListener(["afterBackward"], (_, strategy) => {
      before = strategy.gradient.slice();
    });
    const last = createListener(["afterBackward"], async (_, strategy) => {
      const memories: Float32Array[] = [];
      for (let index = 0; index < strategy.experience.currentExperience; index++) {
        memories.push((await strategy.gradientOn(benchmark.trainStream.at(index).dataset)).slice());
      }
      if (memories.length > 0 && projectOntoMemories(before, holdMemories(memories), 0.5)) moved += 1;
      expect(measureDifference(strategy.gradient, before)).toBeLessThan(1e-4);
    });
    const gem = new GEMPlugin({ patternsPerExperience: 1000 });
    const strategy = new Naive(makeOptions({ plugins: [first, gem, last] }));
    await withStrategy(strategy, () => strategy.train(benchmark.trainStream));
    expect(moved).toBeGreaterThan(0);
    expect(strategy.plan.fused).toBe(true);
  });

  test("forgets less than fine-tuning", async () => {
    const losses: number[] = [];
    for (const plugins of [[], [new GEMPlugin({ patternsPerExperience: 16 })]]) {
      const strategy = new Naive(makeOptions({ plugins, trainEpochs: 5 }));
      await withStrategy(strategy, async () => {
        await strategy.train(benchmark.trainStream);
        losses.push((await strategy.lossAndGradientOn(benchmark.trainStream.at(0).dataset)).loss);
      });
    }
    expect(losses[1]).toBeLessThan(0.5 * (losses[0] ?? 0));
  });

  test("GEMPlugin() refuses numbers out of range", () => {
    expect(() => new GEMPlugin({ patternsPerExperience: 0 })).toThrow(
      "GEMPlugin: patternsPerExperience must be at least 1, got 0",
    );
    expect(() => new GEMPlugin({ patternsPerExperience: 1, memoryStrength: -1 })).toThrow("memoryStrength");
    expect(() => Reflect.construct(GEM, [makeOptions()])).toThrow("patternsPerExperience");
  });
});

describe("GEM", () => {
  test("is Naive with a GEMPlugin after the other plugins", async () => {
    const own = { patternsPerExperience: 10, memoryStrength: 0.1 };
    const made = await trainParameters(new GEM({ ...makeOptions(), ...own }), benchmark);
    const wanted = await trainParameters(new Naive(makeOptions({ plugins: [new GEMPlugin(own)] })), benchmark);
    expect(made).toEqual(wanted);
  });
});
