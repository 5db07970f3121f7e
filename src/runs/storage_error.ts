import { describeCause } from "../core/errors.ts";

/** A file of a run cannot be written or read: the disk is full or read-only, or somebody took the file away. */
export class StorageError extends Error {
  override readonly name: string = "StorageError";
}

/** There are checkpoints of a run, and none of them is whole: it cannot go on. */
export class LostCheckpointsError extends StorageError {
  override readonly name = "LostCheckpointsError";
}

const REASONS: Readonly<Record<string, string>> = {
  ENOSPC: "there is no space left on the disk",
  EDQUOT: "the quota on the disk is used up",
  EROFS: "the disk is read-only",
  EACCES: "permission was denied",
  EPERM: "permission was denied",
  ENOENT: "there is no such file or folder",
};

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
  const known = REASONS[String(readErrorCode(cause))];
  const reason = known ?? describeCause(cause);
  return new StorageError(`Cannot ${act}: ${reason}`, { cause });
}

/** The file system's name for what went wrong ("ENOSPC"), or undefined. */
export function readErrorCode(error: unknown): unknown {
  return error instanceof Error && "code" in error ? error.code : undefined;
}
