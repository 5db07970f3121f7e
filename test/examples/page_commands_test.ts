import { describe, expect, test } from "bun:test";
import { readFileSync } from "node:fs";
import type { Command } from "commander";
import type { CliContext } from "../../src/cli/cli_context.ts";
import { createProgram } from "../../src/cli/create_program.ts";
import { createTrainConfig } from "../../src/cli/training/config/train_config.ts";
import { listCodeBlocks, readPages } from "./code_blocks.ts";

interface PackageFile {
  readonly scripts: Readonly<Record<string, string>>;
}

const { scripts }: PackageFile = JSON.parse(readFileSync(new URL("../../package.json", import.meta.url), "utf8"));
const silent: CliContext = {
  stdout: { write: () => true },
  stderr: { write: () => true },
  signal: new AbortController().signal,
};
const pages = readPages();

/** A command of ours that a page tells its reader to type. */
interface TypedCommand {
  readonly page: string;
  readonly words: readonly string[];
}

describe("commands in the pages", () => {
  const commands = pages.flatMap(listCommands);

  test("are found", () => {
    expect(commands.length).toBeGreaterThan(20);
  });

  for (const page of new Set(commands.map((command) => command.page))) {
    test(`of ${page} are accepted`, async () => {
      for (const { words } of commands.filter((command) => command.page === page)) await checkCommand(words);
    });
  }

  test("within sentences are scripts of package.json", () => {
    const typed = pages.flatMap(({ path, text }) =>
      [...text.matchAll(/(?:bun run|deno task|npm run) ([a-z][\w:-]*)/g)].map(({ 1: name = "" }) => ({ path, name })),
    );
    expect(typed.filter(({ name }) => !(name in scripts))).toEqual([]);
  });
});

describe("checkCommand()", () => {
  for (const line of [
    "trane",
    "train --strategi replay",
    "train --strategy replay:memsize=5",
    "train --model mpl",
    "train --workers few",
    "report --svgs",
    "evaluate --mode x.onnx",
    "setup tensorflov",
    "setup tensorflow --gpus",
  ]) {
    test(`refuses ${line}`, async () => {
      await expect(checkCommand(line.split(" "))).rejects.toThrow();
    });
  }
});

/** @throws {Error} If the command line refuses it. */
async function checkCommand([name = "", ...words]: readonly string[]): Promise<void> {
  const command = createProgram(silent).commands.find((candidate) => candidate.name() === name);
  if (!command) {
    if (name in scripts) return;
    throw new Error(`there is no command ${name}`);
  }
  const [part = "", ...rest] = words;
  const inner = command.commands.find((candidate) => candidate.name() === part);
  if (command.commands.length > 0 && !inner) throw new Error(`there is no command ${name} ${part}`);
  checkOptions(inner ?? command, inner ? rest : words);
  if (name === "train" && !words.includes("--resume")) await createTrainConfig(command.opts());
}

/** Reads a command's own options and arguments. */
function checkOptions(command: Command, words: readonly string[]): void {
  const { unknown, operands } = command.parseOptions([...words]);
  if (unknown.length > 0) throw new Error(`unknown: ${unknown.join(" ")}`);
  if (operands.length > command.registeredArguments.length && !command.registeredArguments.some((x) => x.variadic)) {
    throw new Error(`too many arguments: ${operands.join(" ")}`);
  }
}

/** What blocks of shell commands tell to type: `bun run train …`, `deno task train …`, `npx firn train …`. */
function listCommands(page: { readonly path: string; readonly text: string }): TypedCommand[] {
  return listCodeBlocks(page)
    .filter(({ info }) => info === "sh")
    .flatMap(({ text }) => text.replace(/\\\n\s*/g, "").split("\n"))
    .flatMap((line) => line.split("&&"))
    .flatMap((line) => {
      const [, rest] =
        /^\s*(?:\$ )?(?:(?:npx )?(?:bun run|deno task)|npm run|(?:npx|bunx) firn) (.*)$/.exec(line) ?? [];
      return rest === undefined ? [] : [{ page: page.path, words: splitWords(rest) }];
    });
}

/** The words of a shell's line, without quotes, redirections and comments. */
function splitWords(line: string): string[] {
  const [command = ""] = line.split(/ [>|#] ?/);
  return [...command.matchAll(/(?:'[^']*'|"[^"]*"|[^\s'"])+/g)].map(([word]) =>
    // "N" stands for any number.
    word === "N" ? "0" : word.replace(/'([^']*)'|"([^"]*)"/g, "$1$2"),
  );
}
