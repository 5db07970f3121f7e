import { afterAll, describe, expect, test } from "bun:test";
import fc from "fast-check";
import { createOnnxruntimeEngine } from "../../src/engine/onnxruntime/onnxruntime_engine.ts";
import { checkExport } from "../../src/onnx/export/check_export.ts";
import { exportModel } from "../../src/onnx/export/export_model.ts";
import { parseTopology } from "../../src/onnx/topology/parse_topology.ts";
import { compareEngines } from "./compare_engines.ts";
import { computeOutputs, drawInput, drawVectors, takeApart } from "./engine_fixtures.ts";
import { buildPlan, type ModelPlan, modelPlans } from "./random_models.ts";
import { EngineWorker } from "./tfjs/worker_engine.ts";

const worker = new EngineWorker("cpu");
afterAll(() => worker.terminate());

/** Relative to the largest value where that is above 1: products of layers grow, and float32 with them. */
const TOLERANCE = 1e-4;
/**
 * A sample that lies on a kink of one engine's rounding has two gradients. Wrong gradients show on all batches, so one
 * that agrees is enough.
 */
const BATCHES = [3, 5];
/**
 * The seed is fixed, so that nothing fails by chance; others were run, and what they found is in the tests of the
 * layers.
 */
const RUNS = { seed: 20, numRuns: 40 } as const;

/** How far the engines, and the engine and its export, are apart on each batch. */
async function measurePlan(plan: ModelPlan): Promise<number[]> {
  const { sampleShape, model } = buildPlan(plan);
  const { topology } = takeApart(model);
  const [ours, reference] = [
    await createOnnxruntimeEngine({ spec: parseTopology(topology) }),
    await worker.createEngine(topology),
  ];
  const differences: number[] = [];
  for (const rows of BATCHES) {
    const vectors = drawVectors(ours);
    const x = drawInput(rows, { sampleShape, mode: "eval" });
    const expected = await computeOutputs(ours, vectors, x);
    await checkExport(exportModel({ spec: parseTopology(topology), ...vectors, metadata: {} }), { x: x.x, expected });
    const compared = Object.values(await compareEngines(ours, reference, { sampleShape, rows, vectors }));
    differences.push(Math.max(...compared) / Math.max(1, ...expected.map(Math.abs)));
  }
  await ours.close();
  await reference.close();
  return differences;
}

describe("A random functional model", () => {
  test("compiles, has TF.js's outputs, losses, gradients and state, and its ONNX file gives the same logits", async () => {
    await fc.assert(
      fc.asyncProperty(modelPlans, async (plan) => {
        const differences = await measurePlan(plan);
        expect(differences.every(Number.isFinite)).toBe(true);
        expect(Math.min(...differences)).toBeLessThan(TOLERANCE);
      }),
      RUNS,
    );
  }, 120_000);
});
