import { createValues, type TensorArray, type TensorPort } from "../model_file/tensor_port.ts";

/** The memory of an input or output for as many rows as a batch may have. */
export interface BatchTensor {
  readonly port: TensorPort;
  /** [capacity × rowLength] */
  readonly values: TensorArray;
  /** The same memory. */
  readonly bytes: Uint8Array<ArrayBuffer>;
}

/** A loaded model as one thread runs it: it computes the outputs of the rows that stand in its inputs. */
export interface ServedSession {
  /** Rows that a batch may have. */
  readonly capacity: number;
  readonly inputs: readonly BatchTensor[];
  readonly outputs: readonly BatchTensor[];
  /**
   * Computes the first `rows` rows. Nothing is returned where that is done already. Runs of one do not overlap.
   * @throws {Error} If onnxruntime fails.
   */
  run(rows: number): Promise<void> | undefined;
  /** Frees what this thread has of it. */
  release(): Promise<void> | undefined;
}

/** Memory for `capacity` rows of each port. */
export function createBatchTensors(ports: readonly TensorPort[], capacity: number): readonly BatchTensor[] {
  return ports.map((port) => {
    const values = createValues(port.datatype, port.rowLength * capacity);
    return { port, values, bytes: new Uint8Array(values.buffer) };
  });
}
