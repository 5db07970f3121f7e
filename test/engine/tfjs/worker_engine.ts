import { type Remote, wrap } from "comlink";
import type { Engine, EngineInput, EngineResults, ModelVectors, Objective } from "../../../src/engine/engine.ts";
import type { ModelTopology } from "../../../src/engine/model_topology.ts";
import type { TfjsBackend } from "../../../src/engine/tfjs/backends/backends.ts";
import type { EngineWorkerApi } from "./engine_worker.ts";

/** A Worker whose TF.js computes with one backend. */
export class EngineWorker {
  readonly #backend: "auto" | TfjsBackend;
  readonly #worker = new Worker(new URL("./engine_worker.ts", import.meta.url), { type: "module" });
  readonly #remote: Remote<EngineWorkerApi> = wrap<EngineWorkerApi>(this.#worker);

  constructor(backend: "auto" | TfjsBackend) {
    this.#backend = backend;
  }

  /** Loads an engine there; its arrays are copied there and back. */
  async createEngine(topology: ModelTopology, backend = this.#backend): Promise<Engine> {
    const remote = this.#remote;
    const { id, ...described } = await remote.create(topology, backend);
    return {
      ...described,
      async forward(vectors: ModelVectors, input: EngineInput, outputs: Float32Array) {
        const answer = await remote.forward(id, vectors, { input, outputs });
        outputs.set(answer.outputs);
        vectors.state.set(answer.state);
      },
      async gradient(vectors: ModelVectors, input: EngineInput, objective: Objective, results: EngineResults) {
        const answer = await remote.gradient(id, vectors, { input, objective, results });
        results.outputs.set(answer.results.outputs);
        results.losses.set(answer.results.losses);
        results.gradient.set(answer.results.gradient);
        vectors.state.set(answer.state);
      },
      async backward(vectors: ModelVectors, input: EngineInput, dOutputs: Float32Array, gradient: Float32Array) {
        gradient.set(await remote.backward(id, vectors, { input, dOutputs, gradient }));
      },
      async close() {
        await remote.close(id);
      },
    };
  }

  /** The tensors, and the data of backends, that are alive there. */
  async countLive(): Promise<number> {
    return await this.#remote.countLive();
  }

  /** How many listeners there are for errors that nobody caught. */
  async countProcessListeners(): Promise<number> {
    return await this.#remote.countProcessListeners();
  }

  /** Ends the Worker. */
  terminate(): void {
    this.#worker.terminate();
  }
}
