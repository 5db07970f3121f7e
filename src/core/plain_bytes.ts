/**
 * Bytes that a library gave, as a plain Uint8Array with a buffer of its own. Node's `Buffer` may lie in a pool that is
 * shared, and it is another class in some runtimes than in others; large ones are seen through a view, without a copy.
 */
export function toPlainBytes(bytes: Uint8Array): Uint8Array<ArrayBuffer> {
  const { buffer, byteLength } = bytes;
  if (buffer instanceof ArrayBuffer && buffer.byteLength === byteLength) return new Uint8Array(buffer);
  // `from` would go through the elements one by one.
  return new Uint8Array(bytes);
}
