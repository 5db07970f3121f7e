import { maskedCrc32c } from "./cyclic_redundancy.ts";

/**
 * One record of a TFRecord file: its length (uint64), the length's checksum, the data, the data's checksum; all
 * little-endian. The caller owns the result.
 */
export function frameRecord(data: Uint8Array): Uint8Array<ArrayBuffer> {
  const framed = new Uint8Array(data.length + 16);
  const view = new DataView(framed.buffer);
  view.setBigUint64(0, BigInt(data.length), true);
  view.setUint32(8, maskedCrc32c(framed.subarray(0, 8)), true);
  framed.set(data, 12);
  view.setUint32(12 + data.length, maskedCrc32c(data), true);
  return framed;
}
