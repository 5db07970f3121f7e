import { readFile } from "node:fs/promises";
import { cannot, describeCause, RefusalError } from "../core/errors.ts";

/**
 * The bytes of a file. The caller owns them.
 * @param act What a refusal begins with: `read "x.npy"`, say.
 * @throws {Error} If it cannot be read.
 */
export async function readBytes(path: string, act: string): Promise<Uint8Array> {
  try {
    return await readFile(path);
  } catch (cause) {
    throw new RefusalError(cannot(act, "a file that can be read", describeCause(cause)), { cause });
  }
}
