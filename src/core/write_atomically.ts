import { type FileHandle, open, rename, rm } from "node:fs/promises";
import process from "node:process";

let writes = 0;

/**
 * Writes a file whole or not at all: into a file beside it, then to the disk, then under its name. A reader sees the
 * old contents or the new; a failure leaves neither a part nor the file beside it.
 * @throws {Error} If the folder is missing or cannot be written to.
 */
export async function writeAtomically(path: string, bytes: Uint8Array): Promise<void> {
  writes += 1;
  const partial = `${path}.${process.pid}-${writes}.partial`;
  try {
    await withFile(partial, async (file) => {
      await file.writeFile(bytes);
      await file.sync();
    });
    await rename(partial, path);
  } catch (error) {
    await rm(partial, { force: true });
    throw error;
  }
}

async function withFile(path: string, use: (file: FileHandle) => Promise<void>): Promise<void> {
  const file = await open(path, "wx");
  try {
    await use(file);
  } finally {
    await file.close();
  }
}
