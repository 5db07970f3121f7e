import { InferenceSession, Tensor } from "onnxruntime-node";
import { elementAt } from "../../../core/element_at.ts";
import { BindingCache } from "../binding_cache.ts";
import type { Carrier, GraphRunner } from "../carrier.ts";
import { type GraphPorts, type Place, type Port, type PortArray, viewPort } from "../graph_ports.ts";
import { createAddonOptions } from "./addon_options.ts";
import { Staging } from "./staging.ts";

/** The tensors of a run, by the names of the graph's inputs and outputs. */
interface RunTensors {
  readonly feeds: Readonly<Record<string, Tensor>>;
  readonly fetches: Readonly<Record<string, Tensor>>;
}

/** onnxruntime by the addon of its npm package: on every platform and device, with a copy of each output. */
export function createAddonCarrier(reason = ""): Carrier {
  const staging = new Staging();
  return {
    name: "addon",
    description: `the addon of onnxruntime-node${reason && ` (${reason})`}`,
    async load({ model, ports, processorNodes }, settings) {
      const session = await InferenceSession.create(model, createAddonOptions(settings, processorNodes));
      return new AddonRunner(session, ports, staging);
    },
  };
}

class AddonRunner implements GraphRunner {
  readonly #session: InferenceSession;
  readonly #ports: GraphPorts;
  readonly #staging: Staging;
  readonly #tensors: BindingCache<RunTensors>;

  constructor(session: InferenceSession, ports: GraphPorts, staging: Staging) {
    this.#session = session;
    this.#ports = ports;
    this.#staging = staging;
    const create = (arrays: readonly PortArray[], rows: number): RunTensors => ({
      feeds: createTensors(ports.inputs, arrays, rows),
      fetches: createTensors(ports.outputs, arrays, rows),
    });
    this.#tensors = new BindingCache({ create, release: () => {} });
  }

  async run(arrays: readonly PortArray[], rows: number): Promise<void> {
    const staged = this.#ports.places.map((place, i) => this.#stage(place, elementAt(arrays, i)));
    const { feeds, fetches } = this.#tensors.get(staged, rows);
    try {
      await this.#session.run(feeds, fetches);
      this.#staging.flush();
    } finally {
      this.#staging.discard();
    }
  }

  async release(): Promise<void> {
    this.#tensors.clear();
    await this.#session.release();
  }

  #stage(place: Place, array: PortArray): PortArray {
    // Task labels lie in memory of the engine's own.
    if (array instanceof BigInt64Array) return array;
    if (!(array instanceof Float32Array)) throw new TypeError("The addon cannot reach memory of a device");
    switch (place.kind) {
      case "outputs":
      case "losses":
      case "gradient":
      case "newState":
      case "overflow":
        return this.#staging.write(place.kind, array);
      case "noise":
        return this.#staging.read(place.name, array);
      default:
        return this.#staging.read(place.kind, array);
    }
  }
}

function createTensors(ports: readonly Port[], arrays: readonly PortArray[], rows: number): Record<string, Tensor> {
  const tensors = ports.map((port) => {
    const { name, data, shape } = viewPort(port, arrays, rows);
    if (!ArrayBuffer.isView(data)) throw new TypeError("The addon cannot reach memory of a device");
    return [name, data instanceof Float32Array ? new Tensor("float32", data, shape) : new Tensor("int64", data, shape)];
  });
  return Object.fromEntries(tensors);
}
