import { RangeRefusal } from "../../core/errors/errors.ts";
import type { ParameterEntry, ParameterLayout } from "../../core/parameter_layout.ts";
import { ALIGNMENT_BYTES, type DeviceBlock, type DeviceMemory, type DeviceView } from "./device_memory.ts";

const VALUE_BYTES = Float32Array.BYTES_PER_ELEMENT;

/**
 * A flat vector [P] on a device. Each tensor of its layout begins at an aligned address, as kernels of graphics
 * processors may want; between tensors there are zeros. So one kernel can go over all of it.
 */
export class DeviceVector {
  readonly layout: ParameterLayout;
  /** Values on the device, those between the tensors included. */
  readonly paddedLength: number;
  readonly #offsets: ReadonlyMap<number, number>;
  readonly #block: DeviceBlock;
  readonly #isTight: boolean;
  /** The values as they lie on the device, made for the first copy. */
  #packed: Float32Array | undefined;

  /** @throws {Error} If the device has no room. */
  constructor(memory: DeviceMemory, layout: ParameterLayout) {
    this.layout = layout;
    const offsets = new Map<number, number>();
    let end = 0;
    for (const { offset, size } of layout.entries) {
      offsets.set(offset, end);
      end += roundUp(size);
    }
    this.#offsets = offsets;
    this.paddedLength = end;
    const isInPlace = layout.entries.every(({ offset }) => offsets.get(offset) === offset);
    this.#isTight = isInPlace && layout.entries.reduce((sum, { size }) => sum + size, 0) === layout.size;
    this.#block = memory.allocate(end * VALUE_BYTES);
  }

  /** P, without what lies between the tensors. */
  get length(): number {
    return this.layout.size;
  }

  /** All of it. */
  get whole(): DeviceView {
    return { address: this.#block.address, sizeBytes: this.#block.sizeBytes };
  }

  /** One tensor. @throws {RangeError} If the vector has none there. */
  view({ offset, size }: Pick<ParameterEntry, "offset" | "size">): DeviceView {
    return { address: this.#block.address + this.#locate(offset) * VALUE_BYTES, sizeBytes: size * VALUE_BYTES };
  }

  /**
   * The tensors from one to another, with what lies between and behind them.
   * @param start Where the first begins in [P].
   * @param end Where the one behind the last begins; P for the end.
   */
  range({ start, end }: { readonly start: number; readonly end: number }): DeviceView {
    const [from, to] = [this.#locate(start), end === this.length ? this.paddedLength : this.#locate(end)];
    return { address: this.#block.address + from * VALUE_BYTES, sizeBytes: (to - from) * VALUE_BYTES };
  }

  /** Copies the tensors from a vector [P] in ordinary memory. @throws {RangeError} If its length is another. */
  upload(values: Float32Array): void {
    this.#assertLength(values);
    if (this.#isTight) {
      this.#block.upload(values);
      return;
    }
    const packed = this.#pack();
    for (const { offset, size } of this.layout.entries) {
      packed.set(values.subarray(offset, offset + size), this.#locate(offset));
    }
    this.#block.upload(packed);
  }

  /** Copies the tensors into a vector [P] in ordinary memory. @throws {RangeError} If its length is another. */
  download(into: Float32Array): void {
    this.#assertLength(into);
    if (this.#isTight) {
      this.#block.download(into);
      return;
    }
    const packed = this.#pack();
    this.#block.download(packed);
    for (const { offset, size } of this.layout.entries) {
      const start = this.#locate(offset);
      into.set(packed.subarray(start, start + size), offset);
    }
  }

  /** Zeroes one tensor. */
  clear({ offset, size }: Pick<ParameterEntry, "offset" | "size">): void {
    this.#block.clear(this.#locate(offset) * VALUE_BYTES, size * VALUE_BYTES);
  }

  /** Frees the memory, once. */
  release(): void {
    this.#block.release();
  }

  #locate(offset: number): number {
    const place = this.#offsets.get(offset);
    if (place === undefined) throw new RangeError(`The device's vector has no tensor at ${offset}`);
    return place;
  }

  #pack(): Float32Array {
    this.#packed ??= new Float32Array(this.paddedLength);
    return this.#packed;
  }

  #assertLength({ length }: Float32Array): void {
    if (length === this.length) return;
    throw new RangeRefusal(`a vector on ${this.length} parameters must have as many values, got ${length}`);
  }
}

/** A flat vector in ordinary memory, or on the device that computes with it. */
export type FlatVector = Float32Array | DeviceVector;

/** @throws {TypeError} If the vector lies on a device, which `reader` cannot read. */
export function requireHost(vector: FlatVector, reader: string): Float32Array {
  if (vector instanceof Float32Array) return vector;
  throw new TypeError(`${reader} cannot read a vector that lies on a device`);
}

function roundUp(values: number): number {
  const unit = ALIGNMENT_BYTES / VALUE_BYTES;
  return Math.ceil(values / unit) * unit;
}
