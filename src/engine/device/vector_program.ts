import type { DeviceMemory, DeviceView } from "./device_memory.ts";

/** Places on the device, by the names of a graph's inputs and outputs. */
export type ProgramValues = ReadonlyMap<string, DeviceView>;

/** A vector that a graph reads or writes, of float32. */
export interface VectorPort {
  readonly name: string;
  readonly length: number;
}

/** Arithmetic on vectors of known lengths, as an ONNX file. */
export interface VectorGraph {
  readonly model: Uint8Array;
  readonly inputs: readonly VectorPort[];
  readonly outputs: readonly VectorPort[];
}

/** Arithmetic on vectors of a device, loaded there. */
export interface VectorProgram {
  /**
   * Computes the outputs from the inputs.
   * @throws {Error} If an output lies where an input does: what comes out then is wrong.
   */
  run(values: ProgramValues): void;
  /** Frees it, once. */
  release(): void;
}

/** A device with memory of its own, as an engine offers it to those whose vectors stay there. */
export interface DeviceComputer {
  readonly memory: DeviceMemory;
  /** @throws {Error} If the device refuses the graph. */
  load(graph: VectorGraph): VectorProgram;
}
