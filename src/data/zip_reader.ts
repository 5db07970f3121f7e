import { crc32, inflateRawSync } from "node:zlib";
import { cannot, describeCause, SyntaxRefusal } from "../core/errors.ts";

const END_SIGNATURE = 0x06054b50;
const ENTRY_SIGNATURE = 0x02014b50;
const STORED = 0;
const DEFLATED = 8;

/**
 * The files of a zip archive (a .npz file is one) by name, unpacked and checked against their checksums.
 * Format: PKWARE's APPNOTE.TXT; archives of more than 4 GB (ZIP64) are left out.
 * @param act What a refusal begins with: `read "data.npz"`, say.
 * @throws {SyntaxError} If it is no zip archive, truncated, damaged, encrypted or packed in another way than "deflate".
 */
export function readZip(bytes: Uint8Array, act: string): Map<string, Uint8Array> {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const end = findEnd(view);
  if (end === undefined)
    throw new SyntaxRefusal(cannot(act, "a whole zip archive", `${bytes.length} bytes without its end`));
  const files = new Map<string, Uint8Array>();
  const count = view.getUint16(end + 10, true);
  let at = view.getUint32(end + 16, true);
  for (let i = 0; i < count; i++) {
    if (at + 46 > bytes.length || view.getUint32(at, true) !== ENTRY_SIGNATURE) {
      throw new SyntaxRefusal(
        cannot(act, `the entry ${i} of ${count} of a zip archive of less than 4 GB`, "something else"),
      );
    }
    const nameLength = view.getUint16(at + 28, true);
    const name = new TextDecoder().decode(bytes.subarray(at + 46, at + 46 + nameLength));
    files.set(name, unpack(bytes, at, `${act}, ${JSON.stringify(name)} in it`));
    at += 46 + nameLength + view.getUint16(at + 30, true) + view.getUint16(at + 32, true);
  }
  return files;
}

/** The end record is the last thing in the archive but for a comment of up to 64 KB. */
function findEnd(view: DataView): number | undefined {
  for (let at = view.byteLength - 22; at >= Math.max(0, view.byteLength - 22 - 0xffff); at--) {
    if (view.getUint32(at, true) === END_SIGNATURE) return at;
  }
  return undefined;
}

function unpack(bytes: Uint8Array, entry: number, act: string): Uint8Array {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const method = view.getUint16(entry + 10, true);
  const packedSize = view.getUint32(entry + 20, true);
  const size = view.getUint32(entry + 24, true);
  const header = view.getUint32(entry + 42, true);
  if ((view.getUint16(entry + 8, true) & 1) !== 0)
    throw new SyntaxRefusal(cannot(act, "no encryption", "encrypted data"));
  if (header + 30 > bytes.length) throw new SyntaxRefusal(cannot(act, "a whole zip archive", "a truncated one"));
  // The name and the extra field here may be longer than in the directory; sizes there are the true ones.
  const start = header + 30 + view.getUint16(header + 26, true) + view.getUint16(header + 28, true);
  const packed = bytes.subarray(start, start + packedSize);
  const data = method === STORED ? packed : inflate(packed, method, act);
  if (data.length !== size) throw new SyntaxRefusal(cannot(act, `${size} bytes`, data.length));
  const checksum = view.getUint32(entry + 16, true);
  if (crc32(data) !== checksum) throw new SyntaxRefusal(cannot(act, `data with the checksum ${checksum}`, crc32(data)));
  return data;
}

function inflate(packed: Uint8Array, method: number, act: string): Uint8Array {
  if (method !== DEFLATED) throw new SyntaxRefusal(cannot(act, "data stored or deflated", `method ${method}`));
  try {
    return inflateRawSync(packed);
  } catch (cause) {
    throw new SyntaxRefusal(cannot(act, "deflated data", describeCause(cause)), { cause });
  }
}
