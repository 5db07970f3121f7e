import { describeReason, readErrorCode } from "../core/errors/system_error.ts";

export { readErrorCode };

/** A file of a run cannot be written or read: the disk is full or read-only, or the file was removed. */
export class StorageError extends Error {
  override readonly name: string = "StorageError";
}

/** There are checkpoints of a run, and none of them is whole: it cannot go on. */
export class LostCheckpointsError extends StorageError {
  override readonly name = "LostCheckpointsError";
}

/**
 * Does something with a file.
 * @param act What is done, for the message: "write runs/mine/summary.json".
 * @throws {StorageError} In place of what the file system threw, which is its cause. Other errors pass through.
 */
export async function withStorage<Result>(act: string, use: () => Promise<Result>): Promise<Result> {
  try {
    return await use();
  } catch (cause) {
    if (cause instanceof StorageError || readErrorCode(cause) === undefined) throw cause;
    throw createStorageError(act, cause);
  }
}

/** The error for what the file system threw. */
export function createStorageError(act: string, cause: unknown): StorageError {
  return new StorageError(`Cannot ${act}: ${describeReason(cause)}`, { cause });
}
