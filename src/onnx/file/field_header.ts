/** Protocol Buffers' wire type of what begins with its length. */
const LENGTH_DELIMITED = 2;
/** A byte of a varint holds seven bits; its highest says that more follow. */
const BASE = 128;

/** What stands before a field of `length` bytes in a message of Protocol Buffers: number, wire type and length. */
export function encodeFieldHeader(field: number, length: number): Uint8Array<ArrayBuffer> {
  return Uint8Array.of(...encodeVarint(field * 8 + LENGTH_DELIMITED), ...encodeVarint(length));
}

/** Without shifts, which are of 32 bits. */
function encodeVarint(value: number): number[] {
  const bytes: number[] = [];
  let rest = value;
  while (rest >= BASE) {
    bytes.push((rest % BASE) + BASE);
    rest = Math.floor(rest / BASE);
  }
  return [...bytes, rest];
}
