import { describe, expect, test } from "bun:test";
import { RefusalError } from "../../../../src/core/errors/errors.ts";
import { createOnnxruntimeEngine } from "../../../../src/engine/onnxruntime/onnxruntime_engine.ts";
import { parseTopology } from "../../../../src/onnx/topology/parse_topology.ts";
import { createResults, createSmallModel, drawInput, drawObjective, drawVectors } from "../../engine_fixtures.ts";
import { countBindings, countLive, openApi } from "./opened_api.ts";

async function openEngine() {
  const { topology } = createSmallModel({ activations: ["relu"], rate: 0.3 });
  const engine = await createOnnxruntimeEngine({ spec: parseTopology(topology), carrier: "native" });
  return { engine, vectors: drawVectors(engine) };
}

describe("An engine on the C API", () => {
  test("makes nothing in a step, when its arrays come again", async () => {
    const api = await openApi();
    const { engine, vectors } = await openEngine();
    const batches = [3, 8, 5].map((rows) => ({
      input: drawInput(rows),
      objective: drawObjective("cross-entropy", rows),
      results: createResults(engine, rows),
    }));
    const countMade = () =>
      api.countMade("CreateTensorWithDataAsOrtValue") +
      api.countMade("CreateIoBinding") +
      api.countMade("CreateSessionFromArray");
    const train = async (steps: number) => {
      for (let step = 0; step < steps; step++) {
        for (const { input, objective, results } of batches) {
          const dropoutKey = { seed: 0, step, shard: 0 };
          await engine.gradient(vectors, { ...input, dropoutKey }, objective, results);
          await engine.forward(vectors, { ...input, mode: "eval" }, results.outputs);
        }
      }
    };
    await train(2);
    const warm = countMade();
    await train(1000);
    expect(countMade()).toBe(warm);
    await engine.close();
  });

  test("keeps 32 bindings of a session at most, and none once it is closed", async () => {
    const api = await openApi();
    const before = [countLive(api), countBindings(api)];
    const { engine, vectors } = await openEngine();
    const input = drawInput(2, { mode: "eval" });
    const outputs = Array.from({ length: 40 }, () => createResults(engine, 2).outputs);
    for (const array of outputs) await engine.forward(vectors, input, array);
    expect(countBindings(api)).toBe((before[1] ?? 0) + 32);
    for (const array of outputs) expect(array).toEqual(outputs[0] ?? array);
    await engine.close();
    expect([countLive(api), countBindings(api)]).toEqual(before);
  });

  test("refuses a call, when it was closed, also while the call waited for its turn", async () => {
    const { engine, vectors } = await openEngine();
    const input = drawInput(2, { mode: "eval" });
    const { outputs } = createResults(engine, 2);
    await engine.forward(vectors, input, outputs);
    const calls = Array.from({ length: 3 }, () => engine.forward(vectors, input, outputs).catch((error) => error));
    await engine.close();
    for (const outcome of await Promise.all(calls)) {
      if (outcome !== undefined) expect(outcome).toBeInstanceOf(RefusalError);
    }
    await expect(engine.forward(vectors, input, outputs)).rejects.toThrow("the engine was closed");
  });
});
