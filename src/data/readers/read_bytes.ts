import { open, stat } from "node:fs/promises";
import { assertArrayBytes } from "../../core/array_limit.ts";
import { RefusalError } from "../../core/errors/errors.ts";
import { withFileNamed } from "../../core/errors/system_error.ts";

/** Runtimes read at most 2 GiB at a time. */
const PIECE_BYTES = 2 ** 30;

/**
 * The first bytes of a file, at most `length`. The caller owns them.
 * @throws {RefusalError} If it cannot be read, or is no file.
 */
export async function readStart(path: string, length: number): Promise<Uint8Array> {
  return withFileNamed(path, async () => {
    const size = await measureFile(path);
    await using file = await open(path);
    const bytes = new Uint8Array(Math.min(length, size));
    const { bytesRead } = await file.read(bytes, 0, bytes.length, 0);
    return bytes.subarray(0, bytesRead);
  });
}

/**
 * The bytes of a file. The caller owns them.
 * @throws {RefusalError} If it cannot be read, is no file (but a device, say), or larger than an array may be.
 */
export async function readBytes(path: string): Promise<Uint8Array> {
  return withFileNamed(path, async () => {
    const size = await measureFile(path);
    assertArrayBytes(path, size);
    await using file = await open(path);
    const bytes = new Uint8Array(size);
    let at = 0;
    while (at < bytes.length) {
      const { bytesRead } = await file.read(bytes, at, Math.min(PIECE_BYTES, bytes.length - at));
      // It became shorter meanwhile.
      if (bytesRead === 0) break;
      at += bytesRead;
    }
    return bytes.subarray(0, at);
  });
}

/** A file's size. Opening a pipe would wait for a writer. */
async function measureFile(path: string): Promise<number> {
  const found = await stat(path);
  if (found.isDirectory()) throw new RefusalError(`${path}: it is a folder, not a file`);
  if (!found.isFile()) throw new RefusalError(`${path}: it is no file`);
  return found.size;
}
