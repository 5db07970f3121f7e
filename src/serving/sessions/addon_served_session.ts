import { type InferenceSession, Tensor } from "onnxruntime-node";
import type { ServedFile } from "../model_file/served_file.ts";
import type { TensorArray, TensorType } from "../model_file/tensor_port.ts";
import { type BatchTensor, createBatchTensors, type ServedSession } from "./served_session.ts";

/** onnxruntime-node's names of the element types. */
const ADDON_TYPES = { FP32: "float32", INT64: "int64", INT32: "int32", UINT8: "uint8" } as const;

/** A model by onnxruntime's Node addon, where the C API cannot be used. It is loaded by the thread that runs it. */
export class AddonServedSession implements ServedSession {
  readonly capacity: number;
  readonly inputs: readonly BatchTensor[];
  readonly outputs: readonly BatchTensor[];
  readonly #session: InferenceSession;

  constructor(session: InferenceSession, { capacity, file }: { capacity: number; file: ServedFile }) {
    this.#session = session;
    this.capacity = capacity;
    this.inputs = createBatchTensors(file.inputs, capacity);
    this.outputs = createBatchTensors(file.outputs, capacity);
  }

  async run(rows: number): Promise<void> {
    const feeds = this.inputs.map(({ port, values }) => {
      const data = values.subarray(0, rows * port.rowLength);
      return [port.name, createTensor(port.datatype, data, [rows, ...port.rowShape])] as const;
    });
    const results = await this.#session.run(Object.fromEntries(feeds));
    for (const { port, bytes } of this.outputs) {
      const data = results[port.name]?.data;
      if (!ArrayBuffer.isView(data)) throw new Error(`onnxruntime gave no values for "${port.name}"`);
      bytes.set(new Uint8Array(data.buffer, data.byteOffset, data.byteLength));
    }
  }

  release(): Promise<void> {
    return this.#session.release();
  }
}

function createTensor(datatype: TensorType, data: TensorArray, shape: readonly number[]): Tensor {
  return new Tensor(ADDON_TYPES[datatype], data, shape);
}
