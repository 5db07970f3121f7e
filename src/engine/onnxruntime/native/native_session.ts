import { listProviderOptions } from "../cuda/cuda_options.ts";
import type { DeviceArray } from "../graph_ports.ts";
import { CONFIG_ENTRIES, parseDevice, type SessionSettings } from "../session_options.ts";
import { ApiNumber } from "./api_table.ts";
import { appendCuda } from "./append_cuda.ts";
import { encodeText, type NativeApi, type NativeArray } from "./native_api.ts";

/** The memory of one input or output. */
export interface BoundView {
  readonly name: string;
  readonly data: NativeArray | DeviceArray;
  readonly shape: readonly number[];
}

/** The memory of a graph's inputs and outputs. */
export interface BoundViews {
  readonly inputs: readonly BoundView[];
  readonly outputs: readonly BoundView[];
}

/** Inputs and outputs made known to a session. It holds their memory, which onnxruntime knows by address alone. */
export interface NativeBinding {
  readonly address: number;
  readonly views: BoundViews;
}

/** A model loaded by the C API, on the processor or a CUDA device. What is bound lies in the memory of either. */
export class NativeSession {
  readonly #api: NativeApi;
  /** Where onnxruntime keeps it: the same for all threads of the process, which may run it at the same time. */
  readonly address: number;
  /** What is bound by its address lies in this kind of memory. */
  readonly #memory: number;

  /**
   * @param model Its bytes, the path to its file, or the address of a session that another thread loaded.
   * @throws {Error} If onnxruntime refuses the model or the device.
   */
  constructor(api: NativeApi, model: Uint8Array | string | number, settings: SessionSettings) {
    this.#api = api;
    this.#memory = api.describeMemory(parseDevice(settings.device));
    if (typeof model === "number") {
      this.address = model;
      return;
    }
    const options = api.make("CreateSessionOptions");
    try {
      setOptions(api, options, settings);
      const isPath = typeof model === "string";
      this.address = isPath ? api.createSessionFromFile(model, options) : api.createSession(model, options);
    } finally {
      api.free("ReleaseSessionOptions", options);
    }
  }

  /**
   * Makes inputs and outputs known. The caller releases the binding before the session.
   * @throws {Error} If the model has no input or output of such a name and type, or one lies in an output's memory.
   */
  bind(views: BoundViews): NativeBinding {
    assertApart(views);
    const address = this.#api.make("CreateIoBinding", this.address);
    try {
      for (const view of views.inputs) this.#bindOne("BindInput", address, view);
      for (const view of views.outputs) this.#bindOne("BindOutput", address, view);
    } catch (error) {
      this.#api.free("ReleaseIoBinding", address);
      throw error;
    }
    return { address, views };
  }

  /** Computes the outputs that are bound from the inputs that are bound. @throws {Error} If onnxruntime fails. */
  run({ address }: NativeBinding): void {
    this.#api.run(this.address, address);
  }

  releaseBinding({ address }: NativeBinding): void {
    this.#api.free("ReleaseIoBinding", address);
  }

  /** Frees the model. Once, and after its bindings. */
  release(): void {
    this.#api.free("ReleaseSession", this.address);
  }

  #bindOne(bind: "BindInput" | "BindOutput", binding: number, { name, data, shape }: BoundView): void {
    const value = this.#api.createTensor(data, shape, ArrayBuffer.isView(data) ? undefined : this.#memory);
    try {
      this.#api.call(bind, binding, encodeText(name), value);
    } finally {
      // The binding has a share in it.
      this.#api.free("ReleaseValue", value);
    }
  }
}

function setOptions(api: NativeApi, options: number, { device, intraOpThreads, cuda }: SessionSettings): void {
  api.call("SetSessionExecutionMode", options, ApiNumber.sequential);
  api.call("SetSessionLogSeverityLevel", options, ApiNumber.logErrors);
  api.call("SetSessionGraphOptimizationLevel", options, ApiNumber.optimizeAll);
  api.call("SetIntraOpNumThreads", options, intraOpThreads);
  api.call("SetInterOpNumThreads", options, 1);
  // A pattern is a second block for all that a run computes, beside what the first run took, and saves no time here.
  api.call("DisableMemPattern", options);
  for (const [name, value] of Object.entries(CONFIG_ENTRIES)) {
    api.call("AddSessionConfigEntry", options, encodeText(name), encodeText(value));
  }
  const place = parseDevice(device);
  if (place.kind === "cuda") appendCuda(api, options, listProviderOptions(place.deviceId, cuda));
}

/** onnxruntime computes wrong numbers, without an error, where an output is written over what is read later. */
function assertApart({ inputs, outputs }: BoundViews): void {
  for (const output of outputs) {
    const input = inputs.find(({ data }) => overlap(data, output.data));
    if (input) throw new Error(`"${output.name}" would be written over "${input.name}"`);
  }
}

function overlap(a: BoundView["data"], b: BoundView["data"]): boolean {
  const [first, second] = [locate(a), locate(b)];
  const isApart = first.start + first.size <= second.start || second.start + second.size <= first.start;
  return first.where === second.where && !isApart && first.size > 0 && second.size > 0;
}

function locate(data: BoundView["data"]) {
  return ArrayBuffer.isView(data)
    ? { where: data.buffer, start: data.byteOffset, size: data.byteLength }
    : { where: "device", start: data.address, size: data.sizeBytes };
}
