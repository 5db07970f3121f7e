import { Command } from "commander";
import { VERSION } from "../core/version.ts";
import type { CliContext } from "./cli_context.ts";
import { addDoctorCommand } from "./commands/doctor.ts";
import { addEvaluateCommand } from "./commands/evaluate.ts";
import { addExportCommand } from "./commands/export.ts";
import { addLearnCommand } from "./commands/learn.ts";
import { addListCommand } from "./commands/list.ts";
import { addReportCommand } from "./commands/report.ts";
import { addServeCommand } from "./commands/serve.ts";
import { addSetupCommand } from "./commands/setup.ts";
import { addSweepCommand } from "./commands/sweep.ts";
import { addTrainCommand } from "./commands/train.ts";
import { refusePathsLikeOptions } from "./options/option_values.ts";

const NAMED_HELP = `
NAME:OPTIONS stands for a name and its options: ewc:lambda=0.4,mode=online. Lists are joined with "|": 0|1|2.
A value that holds "," or "|" is quoted: 'directory:path="my,data"'.`;

const STRATEGY_ADVICE = `
Begin with replay, and compare it with naive (the lower baseline) and cumulative (the upper one). Where no samples may be
kept, try si or rwalk on a benchmark with taskLabels=true.
`;

/** The whole command line. Each command imports what it needs when it runs, so that --help answers at once. */
export function createProgram(context: CliContext): Command {
  const { stdout, stderr } = context;
  const program = new Command("firn")
    .description("trains models that keep learning without forgetting, on every core or GPU of one machine")
    .version(VERSION)
    .showSuggestionAfterError()
    .exitOverride()
    .configureHelp({ showGlobalOptions: false })
    // Errors are printed once, by runCli.
    .configureOutput({ writeOut: (text) => stdout.write(text), writeErr: () => {}, outputError: () => {} })
    .addHelpText("after", NAMED_HELP);
  void stderr;
  const train = addTrainCommand(program, context);
  addSweepCommand(program, train, context);
  addEvaluateCommand(program, context);
  addExportCommand(program, context);
  addReportCommand(program, context);
  addLearnCommand(program, { train, serve: addServeCommand(program, context) }, context);
  addListCommand(program, context, {
    name: "strategies",
    option: "--strategy",
    advice: STRATEGY_ADVICE,
    load: async () => (await import("./registries/strategies.ts")).STRATEGIES,
  });
  addListCommand(program, context, {
    name: "plugins",
    option: "--plugin",
    load: async () => (await import("./registries/plugins.ts")).PLUGINS,
  });
  addListCommand(program, context, {
    name: "benchmarks",
    option: "--benchmark",
    load: async () => (await import("./registries/benchmarks.ts")).BENCHMARKS,
  });
  addListCommand(program, context, {
    name: "models",
    option: "--model",
    load: async () => (await import("./registries/models.ts")).MODELS,
  });
  addListCommand(program, context, {
    name: "optimizers",
    option: "--optimizer",
    load: async () => (await import("./registries/optimizers.ts")).OPTIMIZERS,
  });
  addListCommand(program, context, {
    name: "criteria",
    option: "--criterion",
    load: async () => (await import("./registries/criteria.ts")).CRITERIA,
  });
  addDoctorCommand(program, context);
  addSetupCommand(program, context);
  refusePathsLikeOptions(program);
  return program;
}
