import { describe, expect, test } from "bun:test";
import { findEntry, viewEntry } from "../../../src/core/parameter_layout.ts";
import { FromScratchTraining } from "../../../src/methods/from_scratch_training/from_scratch_training_plugin.ts";
import type { FromScratchTrainingOptions } from "../../../src/methods/from_scratch_training/options.ts";
import { mlp } from "../../../src/models/simple_mlp.ts";
import { SGD } from "../../../src/optimizers/sgd.ts";
import { SMALL_MLP } from "../../support/made_cluster.ts";
import { createListener } from "../../training/loop/callback_recorder.ts";
import { makeBenchmark, makeOptions, withStrategy } from "../../training/loop/made_strategy.ts";

const { trainStream } = makeBenchmark({ experiences: 4, samples: 64 });

/** Parameters and momentum at the first iteration of each experience. */
async function recordStarts(options: FromScratchTrainingOptions) {
  const starts: { parameters: Float32Array; velocity: number }[] = [];
  const listener = createListener(["beforeTrainingIteration"], (_, { clock, parameters, cluster }) => {
    if (clock.trainExpIterations > 0) return;
    const velocity = Math.max(...Array.from(cluster.optimizerState[0] ?? [], Math.abs));
    starts.push({ parameters: parameters.slice(), velocity });
  });
  const optimizer = new SGD({ learningRate: 0.1, momentum: 0.9 });
  const strategy = new FromScratchTraining({ ...makeOptions({ optimizer, plugins: [listener] }), ...options });
  await withStrategy(strategy, async () => {
    await strategy.train(trainStream.slice(0, 2));
    await strategy.train(trainStream.slice(2));
  });
  return starts;
}

describe("FromScratchTrainingPlugin", () => {
  test("starts every experience at the same parameters, without momentum", async () => {
    const [first, ...others] = await recordStarts({});
    expect(others).toHaveLength(3);
    for (const { parameters, velocity } of others) {
      expect(parameters).toEqual(first?.parameters ?? new Float32Array());
      expect(velocity).toBe(0);
    }
  });

  test("keeps the optimizer's state, when told so", async () => {
    const [first, ...others] = await recordStarts({ resetOptimizer: false });
    for (const { parameters, velocity } of others) {
      expect(parameters).toEqual(first?.parameters ?? new Float32Array());
      expect(velocity).toBeGreaterThan(0);
    }
  });

  test("starts a grown head where each of its units began, with all known classes counting", async () => {
    const kernels: Float32Array[] = [];
    const active: number[][] = [];
    const listener = createListener(["beforeTrainingIteration"], (_, { clock, parameters, cluster }) => {
      if (clock.trainExpIterations > 0) return;
      const { layout } = cluster.model;
      kernels.push(Float32Array.from(viewEntry(parameters, findEntry(layout, "classifier/kernel"))));
      active.push([...cluster.state]);
    });
    const model = mlp({ ...SMALL_MLP, incremental: true, initialUnits: 1 });
    const strategy = new FromScratchTraining({ ...makeOptions({ plugins: [listener] }), model });
    await withStrategy(strategy, () => strategy.train(trainStream));
    expect(active).toEqual([[1], [1, 1], [1, 1, 1], [1, 1, 1, 1]]);
    for (const [i, kernel] of kernels.entries()) {
      const before = kernels[i - 1];
      if (!before) continue;
      // [8, i] before, [8, i + 1] now: row by row, what was there is there again.
      for (let row = 0; row < 8; row++) {
        expect(kernel.slice(row * (i + 1), row * (i + 1) + i)).toEqual(before.slice(row * i, (row + 1) * i));
      }
      expect(Math.abs(kernel[i] ?? 0)).toBeGreaterThan(0);
    }
  });
});
