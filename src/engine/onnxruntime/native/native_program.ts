import { valueAt } from "../../../core/element_at.ts";
import type { DeviceMemory } from "../../device/device_memory.ts";
import type { DeviceComputer, ProgramValues, VectorGraph, VectorProgram } from "../../device/vector_program.ts";
import { BindingCache } from "../binding_cache.ts";
import { type Port, viewPort } from "../graph_ports.ts";
import type { SessionSettings } from "../session_options.ts";
import type { NativeApi } from "./native_api.ts";
import { type NativeBinding, NativeSession } from "./native_session.ts";

/** Arithmetic on the vectors of a device, by sessions of onnxruntime on that device. */
export function createNativeComputer(api: NativeApi, memory: DeviceMemory, settings: SessionSettings): DeviceComputer {
  return {
    memory,
    load: (graph) => new NativeProgram(new NativeSession(api, graph.model, settings), graph),
  };
}

class NativeProgram implements VectorProgram {
  readonly #session: NativeSession;
  readonly #ports: readonly Port[];
  readonly #bindings: BindingCache<NativeBinding>;

  constructor(session: NativeSession, { inputs, outputs }: VectorGraph) {
    const ports = [...inputs, ...outputs].map(({ name, length }, placeIndex) => {
      return { name, shape: [length], dataType: "float32" as const, placeIndex, entry: undefined };
    });
    this.#session = session;
    this.#ports = ports;
    this.#bindings = new BindingCache({
      create(arrays, rows) {
        const views = ports.map((port) => viewPort(port, arrays, rows));
        return session.bind({ inputs: views.slice(0, inputs.length), outputs: views.slice(inputs.length) });
      },
      release: (binding) => session.releaseBinding(binding),
    });
  }

  run(values: ProgramValues): void {
    const views = this.#ports.map(({ name }) => valueAt(values, name));
    this.#session.run(this.#bindings.get(views, 1));
  }

  release(): void {
    this.#bindings.clear();
    this.#session.release();
  }
}
