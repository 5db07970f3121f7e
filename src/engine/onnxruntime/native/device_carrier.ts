import { RefusalError } from "../../../core/errors/errors.ts";
import type { DeviceMemory } from "../../device/device_memory.ts";
import { BindingCache } from "../binding_cache.ts";
import type { Carrier, GraphRunner } from "../carrier.ts";
import { type GraphPorts, type PortArray, viewPort } from "../graph_ports.ts";
import type { SessionSettings } from "../session_options.ts";
import { giveWay } from "./give_way.ts";
import type { NativeApi } from "./native_api.ts";
import { createNativeComputer } from "./native_program.ts";
import { type NativeBinding, NativeSession } from "./native_session.ts";
import { StagedArrays } from "./staged_arrays.ts";

/**
 * onnxruntime by its C API, on a device with memory of its own. Vectors that lie on the device are computed with in
 * place; every other array is copied there before a run, or from there behind it.
 */
export function createDeviceCarrier(api: NativeApi, { device, openMemory }: DevicePlace): Carrier {
  return {
    name: "native",
    description: `the C API of onnxruntime ${api.version}, with vectors that stay on ${device}`,
    async load({ model, ports }, settings) {
      // First of all the session: where the device is not there, onnxruntime says why.
      const session = new NativeSession(api, model, settings);
      try {
        return new DeviceRunner(session, ports, openMemory(settings));
      } catch (error) {
        session.release();
        throw error;
      }
    },
    createComputer: (settings) => createNativeComputer(api, openMemory(settings), settings),
  };
}

/** A device with memory of its own. */
interface DevicePlace {
  readonly device: string;
  /** @throws {Error} If the device is not there. */
  readonly openMemory: (settings: SessionSettings) => DeviceMemory;
}

class DeviceRunner implements GraphRunner {
  readonly #session: NativeSession;
  readonly #staged: StagedArrays;
  readonly #bindings: BindingCache<NativeBinding>;
  #isReleased = false;

  constructor(session: NativeSession, ports: GraphPorts, memory: DeviceMemory) {
    this.#session = session;
    this.#staged = new StagedArrays(ports, memory);
    this.#bindings = new BindingCache({
      create: (arrays: readonly PortArray[], rows: number) =>
        session.bind({
          inputs: ports.inputs.map((port) => viewPort(port, arrays, rows)),
          outputs: ports.outputs.map((port) => viewPort(port, arrays, rows)),
        }),
      release: (binding) => session.releaseBinding(binding),
    });
  }

  async run(arrays: readonly PortArray[], rows: number): Promise<void> {
    await giveWay();
    // The engine may have been closed meanwhile; the session's memory is gone then.
    if (this.#isReleased) throw new RefusalError("the engine was closed");
    const staged = this.#staged.send(arrays, () => this.#bindings.clear());
    this.#session.run(this.#bindings.get(staged, rows));
    this.#staged.fetch(arrays);
  }

  async release(): Promise<void> {
    if (this.#isReleased) return;
    this.#isReleased = true;
    this.#bindings.clear();
    this.#session.release();
    this.#staged.release();
  }
}
