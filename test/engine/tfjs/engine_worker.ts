/** A Worker that holds TF.js engines: TF.js has one backend a process or Worker, and tests want several. */
import process from "node:process";
import { expose } from "comlink";
import type { Engine, EngineInput, EngineResults, ModelVectors, Objective } from "../../../src/engine/engine.ts";
import type { ModelTopology } from "../../../src/engine/model_topology.ts";
import type { TfjsBackend } from "../../../src/engine/tfjs/backends/backends.ts";

const engines = new Map<number, Engine>();

function find(id: number): Engine {
  const engine = engines.get(id);
  if (!engine) throw new Error(`No engine ${id}`);
  return engine;
}

const api = {
  async create(topology: ModelTopology, backend: "auto" | TfjsBackend) {
    const { createTfjsEngine } = await import("../../../src/engine/tfjs/tfjs_engine.ts");
    const engine = await createTfjsEngine({ topology, backend });
    const id = engines.size;
    engines.set(id, engine);
    const { name, layout, stateLayout, outputSize } = engine;
    return { id, name, layout, stateLayout, outputSize };
  },
  async forward(id: number, vectors: ModelVectors, call: { input: EngineInput; outputs: Float32Array }) {
    await find(id).forward(vectors, call.input, call.outputs);
    return { outputs: call.outputs, state: vectors.state };
  },
  async gradient(
    id: number,
    vectors: ModelVectors,
    call: { input: EngineInput; objective: Objective; results: EngineResults },
  ) {
    await find(id).gradient(vectors, call.input, call.objective, call.results);
    return { results: call.results, state: vectors.state };
  },
  async backward(
    id: number,
    vectors: ModelVectors,
    call: { input: EngineInput; dOutputs: Float32Array; gradient: Float32Array },
  ) {
    await find(id).backward(vectors, call.input, call.dOutputs, call.gradient);
    return call.gradient;
  },
  async close(id: number) {
    await find(id).close();
  },
  countProcessListeners() {
    return process.listenerCount("uncaughtException") + process.listenerCount("unhandledRejection");
  },
  async countLive() {
    const tf = await import("@tensorflow/tfjs");
    // Kernels can lose data that never was a tensor: the wasm backend's own, and the cpu backend's that it borrows.
    const backends = new Set([tf.backend(), tf.findBackend("cpu")]);
    return [...backends].reduce((count, backend) => count + backend.numDataIds(), tf.memory().numTensors);
  },
};

/** What the Worker answers to. */
export type EngineWorkerApi = typeof api;

expose(api);
