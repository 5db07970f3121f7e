import { describe, expect, test } from "bun:test";
import { RandomStream } from "../../../../src/core/random_stream.ts";
import type { SavedState } from "../../../../src/core/saved_state.ts";
import { copyToSharedInt32, createSharedFloat32 } from "../../../../src/core/shared/shared_memory.ts";
import { createDataSource } from "../../../../src/data/data_source.ts";
import { Dataset } from "../../../../src/data/dataset.ts";
import { EWCPlugin } from "../../../../src/methods/ewc/ewc_plugin.ts";
import { MASPlugin } from "../../../../src/methods/mas/mas_plugin.ts";
import { Naive } from "../../../../src/methods/naive/naive.ts";
import { RWalkPlugin } from "../../../../src/methods/rwalk/rwalk_plugin.ts";
import { SynapticIntelligencePlugin } from "../../../../src/methods/synaptic_intelligence/synaptic_intelligence_plugin.ts";
import { WeightAveragingPlugin } from "../../../../src/methods/weight_averaging/weight_averaging_plugin.ts";
import { createClassIncrementalBenchmark } from "../../../../src/streams/benchmarks/class_incremental.ts";
import type { Benchmark } from "../../../../src/streams/experience.ts";
import type { StrategyPlugin } from "../../../../src/training/loop/strategy_plugin.ts";
import { createListener } from "../../../training/loop/callback_recorder.ts";
import { makeOptions, withStrategy } from "../../../training/loop/made_strategy.ts";

/** How large features are: gradients of the first layer, their squares, or both times a step are subnormal. */
const SCALES = [1, 1e-10, 1e-20, 1e-21, 1e-38, 1e-41];
const FEATURES = SCALES.length;
const SAMPLES = 96;

function makeFaintTask(): Dataset {
  const random = new RandomStream(0, "faint");
  const x = createSharedFloat32(SAMPLES * FEATURES);
  for (let i = 0; i < x.length; i++) x[i] = random.normal() * (SCALES[i % FEATURES] ?? 1);
  const y = copyToSharedInt32(Array.from({ length: SAMPLES }, (_, i) => i % 4));
  const source = { name: "faint", x, y, sampleShape: [FEATURES], taskLabel: 0, transforms: [] };
  return Dataset.fromSource(createDataSource(source));
}

function makeFaintBenchmark(): Benchmark {
  return createClassIncrementalBenchmark({
    name: "faint",
    train: makeFaintTask(),
    test: makeFaintTask(),
    numClasses: 4,
    experiences: 2,
    shuffle: false,
    normalization: { scale: 1, mean: [], std: [] },
    sampleShape: [FEATURES],
  });
}

/** All float32 vectors in a saved state. */
function listVectors(state: SavedState): readonly Float32Array[] {
  if (state instanceof Float32Array) return [state];
  if (state === null || typeof state !== "object" || ArrayBuffer.isView(state)) return [];
  return Object.values(state).flatMap(listVectors);
}

function countSubnormals(vector: Float32Array): number {
  return vector.filter((value) => value !== 0 && Math.abs(value) < 2 ** -126).length;
}

const PLUGINS: Readonly<Record<string, () => StrategyPlugin>> = {
  EWCPlugin: () => new EWCPlugin({ lambda: 1 }),
  "EWCPlugin of minibatches, online": () =>
    new EWCPlugin({ lambda: 1, fisher: "minibatch", mode: "online", decayFactor: 0.5 }),
  MASPlugin: () => new MASPlugin({ alpha: 0.5 }),
  "MASPlugin of minibatches": () => new MASPlugin({ compatibility: "avalanche" }),
  SynapticIntelligencePlugin: () => new SynapticIntelligencePlugin({ lambda: 1 }),
  RWalkPlugin: () => new RWalkPlugin({ deltaT: 2, alpha: 0.5 }),
};

describe("importances of parameters with faint gradients", () => {
  for (const [name, create] of Object.entries(PLUGINS)) {
    test(`hold no subnormal number: ${name}`, async () => {
      const plugin = create();
      const counts: number[] = [];
      let nonzero = 0;
      // Faint parameters take part in it, too: only they are moved by faint gradients.
      const shrink = createListener(["beforeTrainingExp"], (_, { parameters, clock }) => {
        if (clock.trainIterations === 0) for (let i = 0; i < 20; i++) parameters[i] = 1e-18 * (parameters[i] ?? 0);
      });
      const look = createListener(["afterUpdate", "afterTrainingExp"], (_, { cluster }) => {
        const kept = plugin.state ? listVectors(plugin.state.save()) : [];
        const vectors = [...kept, ...cluster.penalties.active.flatMap(({ a, b }) => [a, b])];
        counts.push(...vectors.map(countSubnormals));
        nonzero += vectors.filter((vector) => vector.some((value) => value !== 0)).length;
      });
      await withStrategy(new Naive(makeOptions({ plugins: [shrink, plugin, look] })), async (strategy) => {
        await strategy.train(makeFaintBenchmark().trainStream);
      });
      expect(nonzero).toBeGreaterThan(0);
      expect(counts).toEqual(counts.map(() => 0));
    });
  }
});

describe("WeightAveragingPlugin", () => {
  test("averages parameters that became zero down to zero", async () => {
    const plugin = new WeightAveragingPlugin({ decay: 0.5 });
    const clear = createListener(["afterUpdate"], (_, { parameters }) => {
      parameters.fill(0);
    });
    const begin = createListener(["beforeTrainingExp"], (_, { parameters, clock }) => {
      if (clock.trainIterations === 0) parameters.fill(2 ** -99);
    });
    const options = makeOptions({ plugins: [begin, clear, plugin], trainEpochs: 5 });
    await withStrategy(new Naive(options), async (strategy) => {
      await strategy.train(makeFaintBenchmark().trainStream);
    });
    expect(plugin.average?.every((value) => value === 0)).toBe(true);
  });
});
