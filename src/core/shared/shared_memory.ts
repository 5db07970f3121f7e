import { currentArena } from "./current_arena.ts";

/** Typed arrays in shared memory: visible to every replica they are sent to, never copied. */

/** A zeroed float32 vector in shared memory. */
export function createSharedFloat32(length: number): Float32Array<SharedArrayBuffer> {
  const { buffer, byteOffset } = currentArena().allocate(length * Float32Array.BYTES_PER_ELEMENT);
  return hold(new Float32Array(buffer, byteOffset, length));
}

/** A zeroed float64 vector in shared memory. */
export function createSharedFloat64(length: number): Float64Array<SharedArrayBuffer> {
  const { buffer, byteOffset } = currentArena().allocate(length * Float64Array.BYTES_PER_ELEMENT);
  return hold(new Float64Array(buffer, byteOffset, length));
}

/** A zeroed int32 vector in shared memory. */
export function createSharedInt32(length: number): Int32Array<SharedArrayBuffer> {
  const { buffer, byteOffset } = currentArena().allocate(length * Int32Array.BYTES_PER_ELEMENT);
  return hold(new Int32Array(buffer, byteOffset, length));
}

/** A zeroed byte vector in shared memory. */
export function createSharedUint8(length: number): Uint8Array<SharedArrayBuffer> {
  const { buffer, byteOffset } = currentArena().allocate(length);
  return hold(new Uint8Array(buffer, byteOffset, length));
}

/** A copy of `values` in shared memory. */
export function copyToSharedFloat32(values: ArrayLike<number>): Float32Array<SharedArrayBuffer> {
  const shared = createSharedFloat32(values.length);
  shared.set(values);
  return shared;
}

/** A copy of `values` in shared memory. */
export function copyToSharedInt32(values: ArrayLike<number>): Int32Array<SharedArrayBuffer> {
  const shared = createSharedInt32(values.length);
  shared.set(values);
  return shared;
}

function hold<View extends ArrayBufferView>(view: View): View {
  currentArena().hold(view);
  return view;
}
