/** The reversed polynomial of PNG's and zip's checksum. */
const IEEE_POLYNOMIAL = 0xedb88320;
/** The reversed polynomial of TFRecord's checksum (Castagnoli et al. 1993). */
const CASTAGNOLI_POLYNOMIAL = 0x82f63b78;

const ieeeTable = createTable(IEEE_POLYNOMIAL);
const castagnoliTable = createTable(CASTAGNOLI_POLYNOMIAL);

/** CRC-32, as PNG has it. */
export function crc32(bytes: Uint8Array): number {
  return compute(ieeeTable, bytes);
}

/** CRC-32C. */
export function crc32c(bytes: Uint8Array): number {
  return compute(castagnoliTable, bytes);
}

/** CRC-32C as TFRecord stores it: turned by 15 bits and moved on, so that a checksum of checksums is none. */
export function maskedCrc32c(bytes: Uint8Array): number {
  const crc = crc32c(bytes);
  return (((crc >>> 15) | (crc << 17)) + 0xa282ead8) >>> 0;
}

function createTable(polynomial: number): Uint32Array {
  return Uint32Array.from({ length: 256 }, (_, byte) => {
    let crc = byte;
    for (let bit = 0; bit < 8; bit++) crc = crc & 1 ? (crc >>> 1) ^ polynomial : crc >>> 1;
    return crc;
  });
}

function compute(table: Uint32Array, bytes: Uint8Array): number {
  let crc = 0xffffffff;
  for (const byte of bytes) crc = (crc >>> 8) ^ (table[(crc ^ byte) & 0xff] ?? 0);
  return (crc ^ 0xffffffff) >>> 0;
}
