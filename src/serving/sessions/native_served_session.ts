import type { NativeApi } from "../../engine/onnxruntime/native/native_api.ts";
import { type BoundView, type NativeBinding, NativeSession } from "../../engine/onnxruntime/native/native_session.ts";
import type { ServedFile } from "../model_file/served_file.ts";
import { type BatchTensor, createBatchTensors, type ServedSession } from "./served_session.ts";

/**
 * A model by onnxruntime's C API. A session is one of the process: a thread loads it, and each thread that answers
 * binds memory of its own to it, so that no tensor ever crosses between threads.
 */
export class NativeServedSession implements ServedSession {
  readonly capacity: number;
  readonly inputs: readonly BatchTensor[];
  readonly outputs: readonly BatchTensor[];
  readonly #session: NativeSession;
  /** By the number of rows. They hold the memory, which onnxruntime knows by address alone. */
  readonly #bindings = new Map<number, NativeBinding>();

  /** @param address Where the session is that was loaded, by this thread or another. */
  constructor(api: NativeApi, { address, capacity, file }: { address: number; capacity: number; file: ServedFile }) {
    this.#session = new NativeSession(api, address, { device: "cpu", intraOpThreads: 1 });
    this.capacity = capacity;
    this.inputs = createBatchTensors(file.inputs, capacity);
    this.outputs = createBatchTensors(file.outputs, capacity);
  }

  run(rows: number): undefined {
    let binding = this.#bindings.get(rows);
    if (!binding) {
      const view = (tensor: BatchTensor) => viewRows(tensor, rows);
      binding = this.#session.bind({ inputs: this.inputs.map(view), outputs: this.outputs.map(view) });
      this.#bindings.set(rows, binding);
    }
    this.#session.run(binding);
  }

  /** The bindings alone: the session belongs to who loaded it. */
  release(): undefined {
    for (const binding of this.#bindings.values()) this.#session.releaseBinding(binding);
    this.#bindings.clear();
  }
}

function viewRows({ port, values }: BatchTensor, rows: number): BoundView {
  return { name: port.name, data: values.subarray(0, rows * port.rowLength), shape: [rows, ...port.rowShape] };
}
