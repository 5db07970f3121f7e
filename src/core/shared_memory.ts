/** Typed arrays over SharedArrayBuffers: visible to every Worker they are sent to, never copied. */

/** A zeroed float32 vector in shared memory. */
export function createSharedFloat32(length: number): Float32Array<SharedArrayBuffer> {
  return new Float32Array(new SharedArrayBuffer(length * Float32Array.BYTES_PER_ELEMENT));
}

/** A zeroed float64 vector in shared memory. */
export function createSharedFloat64(length: number): Float64Array<SharedArrayBuffer> {
  return new Float64Array(new SharedArrayBuffer(length * Float64Array.BYTES_PER_ELEMENT));
}

/** A zeroed int32 vector in shared memory. */
export function createSharedInt32(length: number): Int32Array<SharedArrayBuffer> {
  return new Int32Array(new SharedArrayBuffer(length * Int32Array.BYTES_PER_ELEMENT));
}

/** A zeroed byte vector in shared memory. */
export function createSharedUint8(length: number): Uint8Array<SharedArrayBuffer> {
  return new Uint8Array(new SharedArrayBuffer(length));
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
