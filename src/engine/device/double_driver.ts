import { viewBytes } from "../../core/foreign/foreign_interface.ts";
import { ALIGNMENT_BYTES, type DeviceDriver } from "./device_memory.ts";

/** The name of the device that is the processor, with vectors apart from those in ordinary use. For tests. */
export const DOUBLE_DEVICE = "cpu-resident";

/**
 * A device that is none: its memory is ordinary memory apart from everything else, so that what is copied when can be
 * tested without a graphics processor.
 * @param addressOf Where the memory of a view lies.
 */
export function createDoubleDriver(addressOf: (view: ArrayBufferView) => number): DeviceDriver {
  const blocks = new Map<number, Uint8Array>();
  const locks = new Map<number, number>();
  const isAcross = (start: number, end: number) =>
    [...locks].some(([from, to]) => start < to && from < end && !(from <= start && end <= to));
  const assertCopied = (view: ArrayBufferView) => {
    const start = addressOf(view);
    if (isAcross(start, start + view.byteLength)) throw new RangeError("a part of the array is locked, and not all");
  };
  const locate = (address: number, sizeBytes: number): Uint8Array => {
    for (const [start, bytes] of blocks) {
      const offset = address - start;
      if (offset >= 0 && offset + sizeBytes <= bytes.length) return bytes.subarray(offset, offset + sizeBytes);
    }
    throw new RangeError(`There is no memory of ${DOUBLE_DEVICE} at ${address}`);
  };
  return {
    device: DOUBLE_DEVICE,
    allocate(sizeBytes) {
      const bytes = new Uint8Array(sizeBytes + ALIGNMENT_BYTES);
      const start = addressOf(bytes);
      const address = Math.ceil(start / ALIGNMENT_BYTES) * ALIGNMENT_BYTES;
      blocks.set(address, bytes.subarray(address - start, address - start + sizeBytes));
      return address;
    },
    free: (address) => void blocks.delete(address),
    write: (address, values) => {
      assertCopied(values);
      locate(address, values.byteLength).set(viewBytes(values));
    },
    read: (address, into) => {
      assertCopied(into);
      viewBytes(into).set(locate(address, into.byteLength));
    },
    clear: (address, sizeBytes) => void locate(address, sizeBytes).fill(0),
    locker: {
      addressOf,
      lock(address, sizeBytes) {
        const end = address + sizeBytes;
        if ([...locks].some(([from, to]) => address < to && from < end)) throw new Error("a part is locked already");
        locks.set(address, end);
      },
      unlock(address) {
        if (!locks.delete(address)) throw new Error(`nothing is locked from ${address} on`);
      },
    },
  };
}
