/**
 * Stands between shared memory and onnxruntime where the runtime needs it. Bun lets the native side read and write
 * SharedArrayBuffers, so there every array passes as it is. Deno refuses them at the border ("Invalid argument"), so
 * there a shared array is copied through a private one: one for each purpose, grown to the largest it ever held.
 */
export class Staging {
  readonly #refusesShared: boolean;
  readonly #buffers = new Map<string, Float32Array>();
  readonly #pending: { from: Float32Array; to: Float32Array }[] = [];

  /** `refusesShared` is for tests; by default it is found out. */
  constructor(refusesShared?: boolean) {
    this.#refusesShared = refusesShared ?? "Deno" in globalThis;
  }

  /** What onnxruntime may read in place of `array`: the same numbers. */
  read(purpose: string, array: Float32Array): Float32Array {
    if (!this.#mustCopy(array)) return array;
    const copy = this.#borrow(purpose, array.length);
    copy.set(array);
    return copy;
  }

  /** What onnxruntime may write in place of `array`, until `flush`. */
  write(purpose: string, array: Float32Array): Float32Array {
    if (!this.#mustCopy(array)) return array;
    const copy = this.#borrow(purpose, array.length);
    this.#pending.push({ from: copy, to: array });
    return copy;
  }

  /** Brings what was written to where it belongs. */
  flush(): void {
    for (const { from, to } of this.#pending) to.set(from);
    this.discard();
  }

  /** Forgets what was written, after a failure. */
  discard(): void {
    this.#pending.length = 0;
  }

  #mustCopy(array: Float32Array): boolean {
    return this.#refusesShared && array.buffer instanceof SharedArrayBuffer;
  }

  #borrow(purpose: string, length: number): Float32Array {
    const held = this.#buffers.get(purpose);
    if (held?.length === length) return held;
    const whole = held && held.buffer.byteLength >= length * 4 ? held.buffer : new ArrayBuffer(length * 4);
    const buffer = new Float32Array(whole, 0, length);
    this.#buffers.set(purpose, buffer);
    return buffer;
  }
}
