import { crc32 } from "node:zlib";
import { assertArrayBytes, formatBytes } from "../array_limit.ts";
import { SyntaxRefusal } from "../errors/errors.ts";
import { inflateBounded, inflateStart, type PackedBytes } from "./bounded_inflate.ts";
import { listZipEntries, type ZipRecord } from "./zip_directory.ts";

const LOCAL_SIGNATURE = 0x04034b50;
const STORED = 0;
const DEFLATED = 8;

/** A file in a zip archive. Nothing is unpacked before it is asked for. */
export interface ZipEntry {
  /** Its unpacked size in bytes, as the archive declares it. */
  readonly size: number;
  /** Its first `length` bytes, unchecked; all where it is shorter. @throws {SyntaxRefusal} If they are damaged. */
  readStart(length: number): Uint8Array;
  /**
   * All of it, checked against its size and checksum.
   * @throws {SyntaxRefusal} If it is damaged. {RangeRefusal} If it is larger than an array may be or than declared.
   */
  read(): Uint8Array;
}

/**
 * The files of a zip archive (a .npz file is one) by name. Format: PKWARE's APPNOTE.TXT, ZIP64 included.
 * @param subject What messages begin with: the archive's path.
 * @throws {SyntaxRefusal} If it is no zip archive, truncated, encrypted, packed in another way than "deflate", or two
 *   files have one name.
 */
export function readZip(bytes: Uint8Array, subject: string): Map<string, ZipEntry> {
  const files = new Map<string, ZipEntry>();
  for (const record of listZipEntries(bytes, subject)) {
    if (files.has(record.name)) throw new SyntaxRefusal(`${subject}: two files named ${JSON.stringify(record.name)}`);
    files.set(record.name, createEntry(bytes, record, `${subject}, ${record.name}`));
  }
  return files;
}

function createEntry(bytes: Uint8Array, record: ZipRecord, subject: string): ZipEntry {
  const packed = locate(bytes, record, subject);
  const { method, size } = record;
  const inflated: PackedBytes = { packed, packing: "deflate", subject };
  return {
    size,
    readStart: (length) => (method === STORED ? packed.subarray(0, length) : inflateStart(inflated, length)),
    read() {
      assertArrayBytes(subject, size);
      const data = method === STORED ? packed : inflateBounded(inflated, size);
      if (data.length !== size) {
        throw new SyntaxRefusal(`${subject}: declares ${formatBytes(size)}, got ${formatBytes(data.length)}`);
      }
      if (crc32(data) !== record.checksum) throw new SyntaxRefusal(`${subject}: damaged, its checksum is another`);
      return data;
    },
  };
}

/** The bytes of an entry as they are packed, behind its local header. */
function locate(bytes: Uint8Array, record: ZipRecord, subject: string): Uint8Array {
  if (record.isEncrypted) throw new SyntaxRefusal(`${subject}: encrypted`);
  if (record.method !== STORED && record.method !== DEFLATED) {
    throw new SyntaxRefusal(`${subject}: must be stored or deflated, got compression method ${record.method}`);
  }
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const { offset, packedSize } = record;
  if (offset + 30 > bytes.length || view.getUint32(offset, true) !== LOCAL_SIGNATURE) {
    throw new SyntaxRefusal(`${subject}: damaged zip archive, no file at byte ${offset}`);
  }
  // The name and the extra field here may be longer than in the directory; the sizes there are the true ones.
  const start = offset + 30 + view.getUint16(offset + 26, true) + view.getUint16(offset + 28, true);
  if (start + packedSize > bytes.length) throw new SyntaxRefusal(`${subject}: truncated zip archive`);
  return bytes.subarray(start, start + packedSize);
}
