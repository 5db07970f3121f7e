import { describeCause, RefusalError } from "./errors.ts";

/** What the operating system threw: no defect of the program, wherever it happens. */
export interface SystemError extends Error {
  readonly code: string;
  readonly path?: unknown;
}

const REASONS: Readonly<Record<string, string>> = {
  ENOSPC: "there is no space left on the disk",
  EDQUOT: "the quota on the disk is used up",
  EROFS: "the disk is read-only",
  EACCES: "permission was denied",
  EPERM: "permission was denied",
  ENOENT: "there is no such file or folder",
  ENOTDIR: "a part of the path is no folder",
  EISDIR: "it is a folder, not a file",
  EEXIST: "it is there already",
  ENAMETOOLONG: "the name is too long",
  ELOOP: "its links lead in a circle",
  EMFILE: "too many files are open",
};

/** Whether the operating system threw it: codes of the runtimes ("ERR_INVALID_ARG_VALUE") have another form. */
export function isSystemError(error: unknown): error is SystemError {
  return /^E[A-Z0-9]+$/.test(String(readErrorCode(error)));
}

/** The operating system's name for what went wrong ("ENOSPC"), or undefined. */
export function readErrorCode(error: unknown): unknown {
  return error instanceof Error && "code" in error ? error.code : undefined;
}

/** What went wrong in words: "there is no space left on the disk". */
export function describeReason(cause: unknown): string {
  return REASONS[String(readErrorCode(cause))] ?? describeCause(cause);
}

/** One sentence on what the operating system threw, with the file where it names one. */
export function describeSystemError(error: SystemError): string {
  return typeof error.path === "string" ? `${error.path}: ${describeReason(error)}` : describeReason(error);
}

/**
 * Does something at once with a file that a user named.
 * @throws {RefusalError} In place of what the operating system threw, naming the file. Other errors pass through.
 */
export function withFileNamedSync<Result>(path: string, use: () => Result): Result {
  try {
    return use();
  } catch (cause) {
    throw isSystemError(cause) ? new RefusalError(`${path}: ${describeReason(cause)}`, { cause }) : cause;
  }
}

/**
 * Does something with a file that a user named.
 * @throws {RefusalError} In place of what the operating system threw, naming the file. Other errors pass through.
 */
export async function withFileNamed<Result>(path: string, use: () => Promise<Result>): Promise<Result> {
  try {
    return await use();
  } catch (cause) {
    throw isSystemError(cause) ? new RefusalError(`${path}: ${describeReason(cause)}`, { cause }) : cause;
  }
}
