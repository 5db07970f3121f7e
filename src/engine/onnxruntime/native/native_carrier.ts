import { RefusalError } from "../../../core/errors/errors.ts";
import { BindingCache } from "../binding_cache.ts";
import type { Carrier, GraphRunner } from "../carrier.ts";
import { type GraphPorts, type PortArray, viewPort } from "../graph_ports.ts";
import { giveWay } from "./give_way.ts";
import type { NativeApi } from "./native_api.ts";
import { type NativeBinding, NativeSession } from "./native_session.ts";

/**
 * onnxruntime by its C API, on the processor: it reads and writes the memory that we own, shared or not.
 */
export function createNativeCarrier(api: NativeApi): Carrier {
  return {
    name: "native",
    description: `the C API of onnxruntime ${api.version}`,
    async load({ model, ports }, settings) {
      return new NativeRunner(new NativeSession(api, model, settings), ports);
    },
  };
}

class NativeRunner implements GraphRunner {
  readonly #session: NativeSession;
  readonly #bindings: BindingCache<NativeBinding>;
  #isReleased = false;

  constructor(session: NativeSession, { inputs, outputs }: GraphPorts) {
    this.#session = session;
    this.#bindings = new BindingCache({
      create: (arrays: readonly PortArray[], rows: number) =>
        session.bind({
          inputs: inputs.map((port) => viewPort(port, arrays, rows)),
          outputs: outputs.map((port) => viewPort(port, arrays, rows)),
        }),
      release: (binding) => session.releaseBinding(binding),
    });
  }

  async run(arrays: readonly PortArray[], rows: number): Promise<void> {
    await giveWay();
    // The engine may have been closed meanwhile; the session's memory is gone then.
    if (this.#isReleased) throw new RefusalError("the engine was closed");
    this.#session.run(this.#bindings.get(arrays, rows));
  }

  async release(): Promise<void> {
    if (this.#isReleased) return;
    this.#isReleased = true;
    this.#bindings.clear();
    this.#session.release();
  }
}
