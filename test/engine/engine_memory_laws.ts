import { expect, test } from "bun:test";
import { createSharedFloat32 } from "../../src/core/shared/shared_memory.ts";
import type { Engine } from "../../src/engine/engine.ts";
import type { ModelTopology } from "../../src/engine/model_topology.ts";
import {
  CLASSES,
  computeGradient,
  computeOutputs,
  createSmallModel,
  drawInput,
  drawObjective,
  drawVectors,
  measureDifference,
} from "./engine_fixtures.ts";
import { computeOutputGradient } from "./slow_objectives.ts";

/** Whose memory is read and written, and that all of it is given back. */
export function describeMemory(
  create: (topology: ModelTopology) => Promise<Engine>,
  countLive: () => Promise<number> | number,
): void {
  const snapshot = createSmallModel({ activations: ["relu"], rate: 0.3 });

  test("gradient(), forward() and backward() work, when everything lies in shared memory", async () => {
    const engine = await create(snapshot.topology);
    const vectors = drawVectors(engine);
    const [input, objective] = [drawInput(6), drawObjective("cross-entropy", 6)];
    const wanted = await computeGradient(engine, vectors, input, objective);
    const shared = {
      vectors: { parameters: share(vectors.parameters), state: share(vectors.state) },
      input: { ...input, x: { ...input.x, data: share(input.x.data) } },
      objective: { ...objective, targets: share(objective.targets), weights: share(objective.weights) },
      results: {
        outputs: createSharedFloat32(wanted.outputs.length),
        losses: createSharedFloat32(wanted.losses.length),
        gradient: createSharedFloat32(wanted.gradient.length),
      },
    };
    await engine.gradient(shared.vectors, shared.input, shared.objective, shared.results);
    for (const key of ["outputs", "losses", "gradient"] as const) {
      expect(measureDifference(shared.results[key], wanted[key])).toBe(0);
    }
    shared.results.outputs.fill(Number.NaN);
    await engine.forward(shared.vectors, shared.input, shared.results.outputs);
    expect(measureDifference(shared.results.outputs, wanted.outputs)).toBeLessThan(1e-5);
    const dOutputs = share(computeOutputGradient(objective, wanted.outputs));
    await engine.backward(shared.vectors, shared.input, dOutputs, shared.results.gradient);
    expect(measureDifference(shared.results.gradient, wanted.gradient)).toBeLessThan(1e-5);
    await engine.close();
  });

  test("gradient() sees new values, when the same vector was changed between calls", async () => {
    const engine = await create(snapshot.topology);
    const vectors = drawVectors(engine);
    const input = drawInput(4, { mode: "eval" });
    await computeOutputs(engine, vectors, input);
    vectors.parameters.fill(0);
    expect(measureDifference(await computeOutputs(engine, vectors, input), new Float32Array(4 * CLASSES))).toBe(0);
    await engine.close();
  });

  test("close() gives everything back, when calls of several sizes were made", async () => {
    const before = await countLive();
    const engine = await create(snapshot.topology);
    const vectors = drawVectors(engine);
    const runOnce = async () => {
      for (const rows of [3, 8, 3]) {
        const [input, objective] = [drawInput(rows), drawObjective("cross-entropy", rows)];
        const { outputs, gradient } = await computeGradient(engine, vectors, input, objective);
        await engine.backward(vectors, input, outputs, gradient);
        await computeOutputs(engine, vectors, { ...input, mode: "eval" });
      }
    };
    await runOnce();
    const afterFirst = await countLive();
    await runOnce();
    expect(await countLive()).toBe(afterFirst);
    await engine.close();
    expect(await countLive()).toBe(before);
  });
}

function share(values: Float32Array): Float32Array<SharedArrayBuffer> {
  const shared = createSharedFloat32(values.length);
  shared.set(values);
  return shared;
}
