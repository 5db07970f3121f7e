import type { ParameterEntry } from "../../../core/parameter_layout.ts";
import type { DeviceBlock, DeviceMemory } from "../../device/device_memory.ts";
import { DeviceVector } from "../../device/device_vector.ts";
import type { GraphPorts, HostArray, Port, PortArray } from "../graph_ports.ts";

/** Where one array of a run stands on the device. */
type Stage = { readonly block: DeviceBlock } | { readonly vector: DeviceVector };

/**
 * The places on a device for what a graph is given in ordinary memory: one for each of its arrays, as large as the
 * largest so far. Of a flat vector only the tensors that the graph knows are copied.
 */
export class StagedArrays {
  readonly #memory: DeviceMemory;
  readonly #inputs: ReadonlySet<number>;
  readonly #outputs: ReadonlySet<number>;
  readonly #entries: readonly (readonly ParameterEntry[])[];
  readonly #stages: (Stage | undefined)[];

  constructor({ inputs, outputs, places }: GraphPorts, memory: DeviceMemory) {
    this.#memory = memory;
    this.#inputs = new Set(inputs.map(({ placeIndex }) => placeIndex));
    this.#outputs = new Set(outputs.map(({ placeIndex }) => placeIndex));
    this.#entries = places.map((_, index) => listEntries([...inputs, ...outputs], index));
    this.#stages = places.map(() => undefined);
  }

  /**
   * Copies what the graph reads to the device.
   * @param arrays One for each of the graph's places; those on the device stay as they are.
   * @param forget Called before memory is freed that a binding may know.
   * @returns The same arrays, all on the device.
   */
  send(arrays: readonly PortArray[], forget: () => void): PortArray[] {
    return arrays.map((array, index) => {
      if (!isHostArray(array)) return array;
      const stage = this.#makeRoom(index, array, forget);
      const isRead = this.#inputs.has(index);
      if ("block" in stage) {
        if (isRead) stage.block.upload(array);
        return stage.block;
      }
      if (isRead && array instanceof Float32Array) stage.vector.upload(array);
      return stage.vector;
    });
  }

  /** Copies what the graph has written from the device. */
  fetch(arrays: readonly PortArray[]): void {
    for (const index of this.#outputs) {
      const [array, stage] = [arrays[index], this.#stages[index]];
      if (!array || !stage || !isHostArray(array)) continue;
      if ("block" in stage) stage.block.download(array);
      else if (array instanceof Float32Array) stage.vector.download(array);
    }
  }

  release(): void {
    for (const stage of this.#stages.splice(0)) if (stage) free(stage);
  }

  #makeRoom(index: number, array: HostArray, forget: () => void): Stage {
    const known = this.#stages[index];
    if (known && ("vector" in known || known.block.sizeBytes >= array.byteLength)) return known;
    if (known) {
      forget();
      free(known);
    }
    const entries = this.#entries[index] ?? [];
    const stage =
      entries.length > 0
        ? { vector: new DeviceVector(this.#memory, { entries, size: array.length }) }
        : { block: this.#memory.allocate(array.byteLength) };
    this.#stages[index] = stage;
    return stage;
  }
}

function isHostArray(array: PortArray): array is HostArray {
  return ArrayBuffer.isView(array);
}

function free(stage: Stage): void {
  if ("block" in stage) stage.block.release();
  else stage.vector.release();
}

/** The tensors of a flat vector that a graph knows, each once. */
function listEntries(ports: readonly Port[], index: number): ParameterEntry[] {
  const entries = ports.flatMap(({ placeIndex, entry }) => (placeIndex === index && entry ? [entry] : []));
  return entries.filter(({ offset }, i) => entries.findIndex((other) => other.offset === offset) === i);
}
