/** What somebody typed cannot be used. The message is one line; the program prints it and exits with status 2. */
export class CliError extends Error {
  override readonly name = "CliError";
}

/** Ctrl-C ended the command; the program exits with status 130. */
export class InterruptedError extends Error {
  override readonly name = "InterruptedError";
}

/**
 * Runs a part of a command that only prepares: what it refuses ("Cannot …") is the fault of what was typed, or of files
 * that are not there, not of the run.
 * @throws {CliError} In place of such a refusal; anything else is a defect and passes through.
 */
export async function refuse<Value>(prepare: () => Promise<Value>): Promise<Value> {
  try {
    return await prepare();
  } catch (cause) {
    if (cause instanceof Error && cause.message.startsWith("Cannot ")) throw new CliError(cause.message, { cause });
    throw cause;
  }
}
