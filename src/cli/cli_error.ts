import { LostRankError } from "../cluster/ranks/lost_rank_error.ts";
import { RefusalError } from "../core/errors/errors.ts";
import { describeSystemError, isSystemError } from "../core/errors/system_error.ts";
import { LostCheckpointsError, StorageError } from "../runs/storage_error.ts";
import { EXIT_STATUS } from "./exit_status.ts";

/** What was typed cannot be used. The message is one line; the program prints it and exits with status 2. */
export class CliError extends Error {
  override readonly name = "CliError";
}

/** Why a command is told to stop: the reason of its signal. */
export class StopRequest extends Error {
  override readonly name = "StopRequest";
  /** What the program exits with: 130 after Ctrl-C, 143 after SIGTERM. */
  readonly exitStatus: number;

  constructor(signal: "SIGINT" | "SIGTERM") {
    super(`${signal} was received`);
    this.exitStatus = signal === "SIGINT" ? 130 : 143;
  }
}

/** Ctrl-C or SIGTERM ended the command. The message is one line; the program exits with the status of the request. */
export class InterruptedError extends Error {
  override readonly name = "InterruptedError";

  get exitStatus(): number {
    return this.cause instanceof StopRequest ? this.cause.exitStatus : 130;
  }
}

/** Ends a process without a word: another one tells what happened. */
export class SilentExit extends Error {
  override readonly name = "SilentExit";
  readonly exitStatus: number;

  constructor(exitStatus: number, options?: ErrorOptions) {
    super("another process tells why", options);
    this.exitStatus = exitStatus;
  }
}

/** What the program exits with after an error. */
export function exitStatusOf(error: unknown): number {
  if (error instanceof CliError) return EXIT_STATUS.refused;
  return error instanceof InterruptedError || error instanceof SilentExit ? error.exitStatus : EXIT_STATUS.failed;
}

/**
 * Runs a part of a command that only prepares: what it refuses is the fault of what was typed, or of files that are
 * not there, not of the run.
 * @throws {CliError} In place of a refusal and of what the operating system refuses; anything else is a defect and
 * passes through.
 */
export async function refuse<Value>(prepare: () => Promise<Value> | Value): Promise<Value> {
  try {
    return await prepare();
  } catch (cause) {
    throw cause instanceof LostCheckpointsError || cause instanceof LostRankError ? cause : toCliError(cause);
  }
}

/** The same for a check that does not wait. */
export function refuseAsTyped<Value>(check: () => Value): Value {
  try {
    return check();
  } catch (cause) {
    throw toCliError(cause);
  }
}

function toCliError(cause: unknown): unknown {
  const message = describeExpected(cause);
  return message === undefined ? cause : new CliError(message, { cause });
}

/**
 * What to tell of an error that is no defect of the program: a refusal, a full disk, a file that is not there.
 * Undefined for a defect, whatever its text.
 */
export function describeExpected(error: unknown): string | undefined {
  if (isSystemError(error)) return describeSystemError(error);
  const isExpected = EXPECTED.some((expected) => error instanceof expected);
  return isExpected && error instanceof Error ? error.message : undefined;
}

const EXPECTED = [CliError, InterruptedError, StorageError, RefusalError];
