import { type FileHandle, open, rename, rm } from "node:fs/promises";
import { dirname } from "node:path";
import process from "node:process";

let writes = 0;

const PIECE_BYTES = 2 ** 26;

/** What a file system answers that cannot write a folder to the disk by itself. */
const NO_FOLDER_SYNC = ["EINVAL", "EISDIR", "EPERM", "ENOTSUP", "EBADF"];

/**
 * Writes a file whole or not at all: into a file beside it ("….partial"), then to the disk, then under its name, and
 * then the folder to the disk. A reader sees the old contents or the new, after a power failure too; an error leaves
 * neither a part nor the file beside it. A process that is killed may leave the file beside it.
 * @throws {Error} If the folder is missing or cannot be written to.
 */
export async function writeAtomically(path: string, bytes: Uint8Array): Promise<void> {
  writes += 1;
  const partial = `${path}.${process.pid}-${writes}.partial`;
  try {
    await withFile(partial, "w", async (file) => {
      await writeWhole(file, bytes);
      await file.sync();
    });
    await rename(partial, path);
    await syncFolder(dirname(path));
  } catch (error) {
    await rm(partial, { force: true });
    throw error;
  }
}

/** Piece by piece: some runtimes write at most 2 GiB at a time. */
async function writeWhole(file: FileHandle, bytes: Uint8Array): Promise<void> {
  for (let start = 0; start < bytes.length; ) {
    const { bytesWritten } = await file.write(bytes, start, Math.min(PIECE_BYTES, bytes.length - start), start);
    start += bytesWritten;
  }
}

async function syncFolder(path: string): Promise<void> {
  try {
    await withFile(path, "r", (folder) => folder.sync());
  } catch (error) {
    const code = error instanceof Error && "code" in error ? String(error.code) : "";
    if (!NO_FOLDER_SYNC.includes(code)) throw error;
  }
}

async function withFile(path: string, flags: "r" | "w", use: (file: FileHandle) => Promise<void>): Promise<void> {
  const file = await open(path, flags);
  try {
    await use(file);
  } finally {
    await file.close();
  }
}
