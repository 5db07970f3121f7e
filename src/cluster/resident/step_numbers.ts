import {
  ALIGNMENT_BYTES,
  type DeviceBlock,
  type DeviceMemory,
  type DeviceView,
} from "../../engine/device/device_memory.ts";

const STRIDE = ALIGNMENT_BYTES / Float32Array.BYTES_PER_ELEMENT;

/** Single numbers on a device, by name; they are copied together, and only when one has changed. */
export class StepNumbers {
  readonly #names: readonly string[];
  readonly #block: DeviceBlock;
  readonly #values: Float32Array;

  constructor(memory: DeviceMemory, names: readonly string[]) {
    this.#names = names;
    this.#block = memory.allocate(Math.max(1, names.length) * ALIGNMENT_BYTES);
    this.#values = new Float32Array(names.length * STRIDE);
  }

  /** Where they are. */
  listViews(): readonly (readonly [name: string, view: DeviceView])[] {
    return this.#names.map((name, i) => [
      name,
      { address: this.#block.address + i * ALIGNMENT_BYTES, sizeBytes: Float32Array.BYTES_PER_ELEMENT },
    ]);
  }

  /** Sets all of them, rounded to float32. */
  write(values: readonly number[]): void {
    let isChanged = false;
    for (const [i, value] of values.entries()) {
      const rounded = Math.fround(value);
      isChanged ||= !Object.is(this.#values[i * STRIDE], rounded);
      this.#values[i * STRIDE] = rounded;
    }
    if (isChanged) this.#block.upload(this.#values);
  }

  /** What the device has written, in order. */
  read(): number[] {
    this.#block.download(this.#values);
    return this.#names.map((_, i) => this.#values[i * STRIDE] ?? 0);
  }

  release(): void {
    this.#block.release();
  }
}
