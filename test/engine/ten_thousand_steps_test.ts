import { describe, expect, test } from "bun:test";
import process from "node:process";
import * as tf from "@tensorflow/tfjs";
import { createEngine, prepareModel } from "../../src/engine/create_engine.ts";
import { ENGINE_KINDS } from "../../src/engine/engine_kind.ts";
import { collectGarbage } from "../support/collect_garbage.ts";
import { createResults, createSmallModel, drawInput, drawObjective, drawVectors } from "./engine_fixtures.ts";

/** TF.js counts its tensors, so that fewer steps tell; the bindings of onnxruntime are told by memory alone. */
const STEPS = { tfjs: 3_000, onnxruntime: 10_000 } as const;
/** After this many, every cache is full. */
const WARM_STEPS = 1_000;
const SAMPLES_EVERY = 250;
/** The collector's own waves are of this height; 2 KiB a step would be 14 MiB between the samples of
 * onnxruntime that are compared. */
const GROWTH_MIB = 10;
/** Used in turn: each has sizes of its own to be cached. */
const ROWS = [3, 8, 5];

describe("An engine", () => {
  for (const kind of ENGINE_KINDS) {
    const steps = STEPS[kind];
    test(`does not grow over ${steps} steps, when it is ${kind} and batches are of several sizes`, async () => {
      const { topology } = createSmallModel({ activations: ["relu"], rate: kind === "tfjs" ? 0 : 0.3 });
      const engine = await createEngine({ model: await prepareModel(kind, topology), device: "cpu" });
      const vectors = drawVectors(engine);
      const batches = ROWS.map((rows) => ({
        input: drawInput(rows),
        objective: drawObjective("cross-entropy", rows),
        results: createResults(engine, rows),
      }));
      const sizes: number[] = [];
      let tensors = 0;
      for (let step = 0; step < steps; step++) {
        const batch = batches[step % batches.length];
        if (!batch) throw new RangeError("There is no batch");
        const { input, objective, results } = batch;
        const dropoutKey = { seed: 0, step, shard: 0 };
        await engine.gradient(vectors, { ...input, dropoutKey }, objective, results);
        if (step % 20 === 0) await engine.forward(vectors, { ...input, mode: "eval" }, results.outputs);
        if (step === WARM_STEPS) tensors = tf.memory().numTensors;
        const isSampled = (step >= WARM_STEPS && step < 2 * WARM_STEPS) || step >= steps - WARM_STEPS;
        if (!isSampled || step % SAMPLES_EVERY !== 0) continue;
        collectGarbage();
        sizes.push(process.memoryUsage().rss / 2 ** 20);
      }
      const [early, late] = [sizes.slice(0, 4), sizes.slice(-4)];
      expect(Math.min(...late) - Math.max(...early)).toBeLessThan(GROWTH_MIB);
      expect(tf.memory().numTensors).toBe(tensors);
      await engine.close();
    }, 180_000);
  }
});
