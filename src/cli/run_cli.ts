import { type Command, CommanderError } from "commander";
import { describeUnknownName } from "../core/errors/errors.ts";
import { escapeControlsInLines, formatAsLine } from "../core/errors/printable.ts";
import type { CliContext } from "./cli_context.ts";
import { CliError, describeExpected, exitStatusOf, SilentExit } from "./cli_error.ts";
import { createProgram } from "./create_program.ts";
import { EXIT_STATUS } from "./exit_status.ts";

/**
 * Runs one command.
 * @param words What was typed after the program's name.
 * @returns The exit status. What went wrong was printed to standard error: one line, or the stack of a defect.
 */
export function runCli(words: readonly string[], context: CliContext): Promise<number> {
  return runProgram(createProgram(context), words, context);
}

/** The same for another program than this one: the bench, say. It must throw its errors instead of exiting. */
export async function runProgram(program: Command, words: readonly string[], context: CliContext): Promise<number> {
  try {
    if (words.some((word) => word.includes("\0"))) throw new CliError("an argument holds a NUL character");
    await program.parseAsync([...words], { from: "user" });
    return EXIT_STATUS.done;
  } catch (error) {
    if (error instanceof CommanderError) return reportCommanderError(error, { program, words }, context);
    if (!(error instanceof SilentExit)) context.stderr.write(describeError(error));
    return exitStatusOf(error);
  }
}

function reportCommanderError(
  error: CommanderError,
  { program, words: [first, second] }: { program: Command; words: readonly string[] },
  { stderr }: CliContext,
): number {
  if (error.exitCode === 0) return EXIT_STATUS.done;
  // Commander's "help" error means that no command was named, or that help was wanted on one that is not there.
  if (error.code !== "commander.help")
    stderr.write(`${cutText(formatAsLine(error.message.replace(/^error: /, "")))}\n`);
  else if (first !== "help" || second === undefined) stderr.write(program.helpInformation());
  else {
    const commands = program.commands.map((command) => command.name());
    stderr.write(`${cutText(describeUnknownName("command", second, commands))}\n`);
  }
  return EXIT_STATUS.refused;
}

/** Longer than every message of ours; a name from a file may be of any length. */
const MAX_LINE = 4000;

function cutText(text: string): string {
  return text.length > MAX_LINE ? `${text.slice(0, MAX_LINE)}…` : text;
}

/** A refusal is one line, whatever names are in it. A defect names its causes too, and where it happened. */
function describeError(error: unknown): string {
  const expected = describeExpected(error);
  if (expected !== undefined) return `${cutText(formatAsLine(expected))}\n`;
  if (!(error instanceof Error)) return `${formatAsLine(String(error))}\n`;
  const cause = error.cause === undefined ? "" : `Cause: ${describeError(error.cause)}`;
  // zod's errors have a stack without their message in Bun.
  const { name, message, stack = "" } = error;
  return `${escapeControlsInLines(stack.includes(message) ? stack : `${name}: ${message}\n${stack}`)}\n${cause}`;
}
