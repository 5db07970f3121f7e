import { type Command, Option } from "commander";
import { escapeControls } from "../../core/errors/printable.ts";
import type { CliContext } from "../cli_context.ts";
import { formatOption } from "../options/format_option.ts";
import { readToken, type ServeCommandOptions } from "./serve.ts";

/** Options of train that have no use where a run is served. */
const NOT_LEARNT = [
  ...["benchmark", "out", "resume", "continue", "acceptChangedData", "trust", "watch", "gated", "onnx", "data"],
  ...["elastic", "rankTimeout", "dashboard", "workerBars", "log", "quiet", "json"],
];

/** What a run begins with that is not told otherwise: it replays, and its head grows. */
const FIRST = { strategy: "replay", model: "mlp:incremental=true" } as const;

/** Commands whose options are shared. */
export interface SharedCommands {
  readonly train: Command;
  readonly serve: Command;
}

/** Adds the command that serves a model, collects feedback and trains it on, until it is stopped. */
export function addLearnCommand(program: Command, { train, serve }: SharedCommands, context: CliContext): void {
  const command = program
    .command("learn")
    .description(
      "serve a model, collect labels of its answers, train it on them, and let it answer: until it is stopped",
    )
    .argument("<folder>", "folder with a folder for each experience; it may be empty, as feedback is collected there")
    .option("--out <folder>", "the run's folder (default: runs/learn-FOLDER); a run that is there goes on")
    .option(
      "--reading <options>",
      "options of the benchmark directory: mean=0.13,std=0.31; see the command benchmarks",
    );
  command.option(
    "--keep-refused",
    "train on from a model that the gate refused (default: go back to the last that it let through, and train what came since together with what comes next)",
    false,
  );
  const trained = train.options
    .filter((option) => !NOT_LEARNT.includes(option.attributeName()))
    .map((option) => withDefault(option, FIRST));
  const served = serve.options.filter((option) => option.attributeName() !== "feedback");
  for (const option of [...trained, ...served]) command.addOption(option);
  command.action((folder: string, options: Options) =>
    learnUntilStopped(folder, options, { command, trained, served, context }),
  );
}

/** The option with another default, where there is one. */
function withDefault(option: Option, defaults: Readonly<Record<string, string>>): Option {
  const value = defaults[option.attributeName()];
  return value === undefined ? option : Object.assign(new Option(option.flags), option).default(value);
}

interface Options extends Omit<ServeCommandOptions, "feedback"> {
  readonly out?: string;
  readonly reading?: string;
  readonly keepRefused: boolean;
}

interface Declared {
  readonly command: Command;
  readonly trained: readonly Option[];
  readonly served: readonly Option[];
  readonly context: CliContext;
}

async function learnUntilStopped(folder: string, options: Options, declared: Declared): Promise<void> {
  const { command, trained, served, context } = declared;
  const { stdout, stderr, signal, startJob } = context;
  const typed = trained.filter((option) => command.getOptionValueSource(option.attributeName()) === "cli");
  const words = typed.flatMap((option) => formatOption(option, command.getOptionValue(option.attributeName())));
  const defaults = Object.entries(FIRST).filter(([name]) => command.getOptionValueSource(name) !== "cli");
  const { name, gate, out, reading, keepRefused } = options;
  const benchmark = `--benchmark=directory:path=${quote(folder)}${reading === undefined ? "" : `,${reading}`}`;
  const own = served.map((option) => option.attributeName()).filter((key) => !["name", "gate", "token"].includes(key));
  const given = own.flatMap((key) => {
    const value: unknown = command.getOptionValue(key);
    return value === undefined ? [] : [[key, value]];
  });
  const { learn, nameRun } = await import("../learning/learn.ts");
  const { assertTrainable } = await import("../learning/assert_trainable.ts");
  const path = nameRun(folder, out);
  const firstWords = [...defaults.map(([option, value]) => `--${option}=${value}`), benchmark];
  const names = typed.map((option) => option.attributeName());
  await assertTrainable({ words, firstWords, typed: names, folder, out: path, keepsRefused: keepRefused }, context);
  await learn({
    folder,
    out: path,
    keepsRefused: keepRefused,
    words,
    firstWords,
    signal,
    startJob,
    tell: (line) => stderr.write(`${escapeControls(line)}\n`),
    name,
    gate,
    serving: { ...Object.fromEntries(given), ...readToken(options) },
    onListen(url, grpcPort) {
      stdout.write(`listening on ${url}\n`);
      if (grpcPort !== undefined) stdout.write(`gRPC on port ${grpcPort}\n`);
    },
  });
}

/** As a value among options. */
function quote(path: string): string {
  return /[,|"]/.test(path) ? `"${path.replaceAll('"', '\\"')}"` : path;
}
