import { SyntaxRefusal } from "../errors/errors.ts";

/** A file as the central directory of a zip archive describes it. */
export interface ZipRecord {
  readonly name: string;
  readonly isEncrypted: boolean;
  /** 0: stored, 8: deflated. */
  readonly method: number;
  /** CRC-32 of the unpacked bytes. */
  readonly checksum: number;
  readonly packedSize: number;
  /** Unpacked. */
  readonly size: number;
  /** Where its local header begins. */
  readonly offset: number;
}

const END_SIGNATURE = 0x06054b50;
const ZIP64_LOCATOR_SIGNATURE = 0x07064b50;
const ZIP64_END_SIGNATURE = 0x06064b50;
const RECORD_SIGNATURE = 0x02014b50;
const ZIP64_FIELD = 1;
/** Stands where a number is too large for its field; the true one follows in 64 bits elsewhere. */
const ELSEWHERE = 0xffffffff;

/**
 * The records of a zip archive's central directory, in its order. Format: PKWARE's APPNOTE.TXT, sections 4.3 and 4.5.3.
 * @throws {SyntaxRefusal} If it is no zip archive, or truncated.
 */
export function listZipEntries(bytes: Uint8Array, subject: string): ZipRecord[] {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const end = findEnd(view);
  if (end === undefined) throw new SyntaxRefusal(`${subject}: no zip archive, or a truncated one`);
  const { count, start } = readEnd(view, end);
  const records: ZipRecord[] = [];
  let at = start;
  // A count that lies ends at the first record that is none.
  while (records.length < count) {
    const tail = at + 46 <= bytes.length && view.getUint32(at, true) === RECORD_SIGNATURE ? tailLength(view, at) : -1;
    if (tail < 0 || at + 46 + tail > bytes.length) {
      throw new SyntaxRefusal(`${subject}: damaged zip archive, file ${records.length + 1} of ${count} is missing`);
    }
    records.push(readRecord(bytes, at));
    at += 46 + tail;
  }
  return records;
}

/** The end record is the last thing in the archive but for a comment of up to 64 KiB. */
function findEnd(view: DataView): number | undefined {
  for (let at = view.byteLength - 22; at >= Math.max(0, view.byteLength - 22 - 0xffff); at--) {
    if (view.getUint32(at, true) === END_SIGNATURE) return at;
  }
  return undefined;
}

/** How many records there are, and where the first begins. */
function readEnd(view: DataView, end: number): { count: number; start: number } {
  const locator = end - 20;
  if (locator >= 0 && view.getUint32(locator, true) === ZIP64_LOCATOR_SIGNATURE) {
    const at = readLong(view, locator + 8);
    if (at + 56 <= view.byteLength && view.getUint32(at, true) === ZIP64_END_SIGNATURE) {
      return { count: readLong(view, at + 32), start: readLong(view, at + 48) };
    }
  }
  return { count: view.getUint16(end + 10, true), start: view.getUint32(end + 16, true) };
}

/** The bytes of name, extra field and comment behind a record. */
function tailLength(view: DataView, at: number): number {
  return view.getUint16(at + 28, true) + view.getUint16(at + 30, true) + view.getUint16(at + 32, true);
}

function readRecord(bytes: Uint8Array, at: number): ZipRecord {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const extraStart = at + 46 + view.getUint16(at + 28, true);
  const long = readLongFields(view, { start: extraStart, end: extraStart + view.getUint16(at + 30, true) });
  const read = (field: number) => {
    const short = view.getUint32(at + field, true);
    return short === ELSEWHERE ? (long.shift() ?? short) : short;
  };
  // The 64-bit field holds those alone that are elsewhere, in this order.
  const size = read(24);
  const packedSize = read(20);
  const offset = read(42);
  return {
    name: new TextDecoder().decode(bytes.subarray(at + 46, extraStart)),
    isEncrypted: (view.getUint16(at + 8, true) & 1) !== 0,
    method: view.getUint16(at + 10, true),
    checksum: view.getUint32(at + 16, true),
    packedSize,
    size,
    offset,
  };
}

/** The 64-bit numbers of the ZIP64 extra field; none where there is no such field. */
function readLongFields(view: DataView, { start, end }: { readonly start: number; readonly end: number }): number[] {
  for (let at = start; at + 4 <= end; at += 4 + view.getUint16(at + 2, true)) {
    if (view.getUint16(at, true) !== ZIP64_FIELD) continue;
    const length = Math.min(view.getUint16(at + 2, true), end - at - 4);
    return Array.from({ length: Math.floor(length / 8) }, (_, i) => readLong(view, at + 4 + 8 * i));
  }
  return [];
}

/** Numbers above 2^53 lose digits, and lie behind the end of any file. */
function readLong(view: DataView, at: number): number {
  return Number(view.getBigUint64(at, true));
}
