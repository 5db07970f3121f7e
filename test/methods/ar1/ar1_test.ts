import { describe, expect, test } from "bun:test";
import { AR1 } from "../../../src/methods/ar1/ar1.ts";
import { CWRStarPlugin } from "../../../src/methods/cwr_star/cwr_star_plugin.ts";
import { LatentReplayPlugin } from "../../../src/methods/latent_replay/latent_replay_plugin.ts";
import { Naive } from "../../../src/methods/naive/naive.ts";
import { SynapticIntelligencePlugin } from "../../../src/methods/synaptic_intelligence/synaptic_intelligence_plugin.ts";
import { createListener } from "../../training/loop/callback_recorder.ts";
import { makeBenchmark, makeOptions, trainParameters, withStrategy } from "../../training/loop/made_strategy.ts";
import { measureDifference } from "../shared/slow_losses.ts";

const benchmark = makeBenchmark({ experiences: 4, samples: 256 });

/** A class's column of the head's kernel, 8 by 4 from element 56 on. */
function readColumn(parameters: Float32Array, id: number): number[] {
  return Array.from({ length: 8 }, (_, row) => parameters[56 + 4 * row + id] ?? 0);
}

describe("AR1", () => {
  test("is Naive with CWR*, latent replay and synaptic intelligence after the other plugins", async () => {
    const latent = new LatentReplayPlugin({ layerName: "fc0", memSize: 30 });
    const plugins = [
      new CWRStarPlugin({ freezeRemainingModel: false, rehearsedTargets: () => latent.memory.targets }),
      latent,
      new SynapticIntelligencePlugin({ lambda: 0.5, excludedParameters: ["classifier"] }),
    ];
    const made = new AR1({ ...makeOptions(), latentLayerName: "fc0", memSize: 30, lambda: 0.5 });
    const parameters = await trainParameters(made, benchmark);
    expect(parameters).toEqual(await trainParameters(new Naive(makeOptions({ plugins })), benchmark));
  });

  test("without a layer for replay is a CWR* head on layers that synaptic intelligence holds", async () => {
    const cwr = () => new CWRStarPlugin({ freezeRemainingModel: false });
    const si = new SynapticIntelligencePlugin({ lambda: 20, excludedParameters: ["classifier"] });
    const held = await trainParameters(new AR1({ ...makeOptions(), lambda: 20 }), benchmark);
    expect(held).toEqual(await trainParameters(new Naive(makeOptions({ plugins: [cwr(), si] })), benchmark));
    const free = await trainParameters(new AR1(makeOptions()), benchmark);
    expect(free).toEqual(await trainParameters(new Naive(makeOptions({ plugins: [cwr()] })), benchmark));
    expect(free).not.toEqual(held);
  });

  test("consolidates the classes remembered with those of the experience", async () => {
    // By class: the consolidated column and the samples it stands for.
    const past = new Map<number, { column: number[]; samples: number }>();
    let trained = new Float32Array(0);
    let targets: readonly number[] = [];
    const listener = createListener(["beforeTrainingExp", "afterTrainingIteration"], (callback, strategy) => {
      if (callback === "afterTrainingIteration") trained = strategy.parameters.slice();
      else targets = latent?.memory.targets ?? [];
    });
    const options = makeOptions({ plugins: [listener] });
    const strategy = new AR1({ ...options, latentLayerName: "fc0", memSize: 30 });
    const latent = strategy.plugins.find((plugin) => plugin instanceof LatentReplayPlugin);
    await withStrategy(strategy, async () => {
      for (const experience of benchmark.trainStream) {
        await strategy.train(experience);
        const labels = [...experience.dataset.targets, ...targets];
        const ids = [...new Set(labels)];
        const values = ids.flatMap((id) => readColumn(trained, id));
        const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
        for (const id of ids) {
          const count = labels.filter((label) => label === id).length;
          const { column = [], samples = 0 } = past.get(id) ?? {};
          const r = Math.sqrt(samples / count);
          const wanted = readColumn(trained, id).map((tw, i) => (r * (column[i] ?? 0) + tw - mean) / (r + 1));
          expect(measureDifference(readColumn(strategy.parameters, id), wanted)).toBeLessThan(1e-5);
          past.set(id, { column: wanted, samples: samples + count });
        }
      }
    });
    expect(targets.includes(0)).toBe(true);
    expect(past.get(0)?.samples).toBeGreaterThan(64 + 30);
  });

  test("goes over to another learning rate at the second experience", async () => {
    const rates: number[] = [];
    const listener = createListener(
      ["beforeTrainingExp"],
      (_, { optimizer }) => void rates.push(optimizer.learningRate),
    );
    const strategy = new AR1({ ...makeOptions({ plugins: [listener] }), incLearningRate: 0.01 });
    await withStrategy(strategy, () => strategy.train(benchmark.trainStream));
    expect(rates).toEqual([0.1, 0.01, 0.01, 0.01]);
  });

  test("AR1() refuses options out of range, and a memory without a layer", () => {
    expect(() => new AR1({ ...makeOptions(), lambda: -1 })).toThrow("AR1: lambda must be at least 0, got -1");
    expect(() => new AR1({ ...makeOptions(), incLearningRate: -1 })).toThrow("incLearningRate");
    expect(() => new AR1({ ...makeOptions(), memSize: 100 })).toThrow("AR1: memSize requires latentLayerName");
    expect(() => new AR1({ ...makeOptions(), latentLayerName: "fc0", memSize: 0 })).toThrow("memSize");
  });
});
