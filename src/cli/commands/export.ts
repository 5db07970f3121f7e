import { type Command, Option } from "commander";
import { PRECISIONS, type Precision } from "../../onnx/conversion/conversion_options.ts";
import type { CliContext } from "../cli_context.ts";
import { CliError } from "../cli_error.ts";
import { createSizeParser, createWholeNumberParser } from "../options/option_values.ts";

interface Options {
  readonly out?: string;
  readonly web?: string;
  readonly experience?: number;
  readonly layout: "nhwc" | "nchw";
  readonly preprocess: boolean;
  readonly softmax: boolean;
  readonly features?: boolean | string;
  readonly opset?: number;
  readonly precision: Precision;
  readonly benchmark?: string;
  readonly data?: string;
  /** In bytes. */
  readonly cache?: number;
  readonly seed: number;
  readonly calibrationSamples: number;
  readonly original: boolean;
  readonly trust: boolean;
  readonly acceptChangedData: boolean;
  readonly test: boolean;
  readonly force: boolean;
  readonly json: boolean;
}

/** Options by which a model becomes something else than it was. */
const CONVERSIONS: ReadonlySet<string> = new Set(
  ["layout", "preprocess", "softmax", "features", "opset", "precision", "calibration-samples"].map(
    (name) => `--${name}`,
  ),
);

/** Adds the command that writes a run's model in the form that somebody else needs. */
export function addExportCommand(program: Command, context: CliContext): void {
  const number = createWholeNumberParser;
  program
    .command("export")
    .description("write an exported model in another form, and say what that costs in accuracy, size and speed")
    .argument("<run>", "the folder of a run, an ONNX file that it exported, or one of its checkpoints")
    .option("--out <file>", "the file to be written")
    .option("--web <folder>", "in place of it: a page that runs every version of an image model in browsers")
    .option("--experience <number>", "of a run's experiences (default: the newest)", number("--experience", 0))
    .addOption(
      new Option("--layout <axes>", "of images: channels last or first").choices(["nhwc", "nchw"]).default("nhwc"),
    )
    .option("--preprocess", "take raw values, pixels as uint8, and normalise them in the file", false)
    .option("--softmax", "add the output probabilities", false)
    .option("--features [layer]", "add the output features: what the classifier sees, or a layer's output")
    .option("--opset <number>", "version of ONNX's operators, 13 to 21 (default: 17)", number("--opset", 1))
    .addOption(
      new Option("--precision <name>", "the numbers that the file computes with")
        .choices([...PRECISIONS])
        .default("float32"),
    )
    .option(
      "--original",
      "a network from an ONNX file as it came: its own inputs, output, nodes and operator set",
      false,
    )
    .option("--benchmark <name:options>", "samples to test on, and for int8 to measure on (default: as evaluate)")
    .option("--data <folder>", "folder with the data set's files (default: the installed package)")
    .option("--cache <size>", "as of evaluate (512MiB, 4GiB)", createSizeParser("--cache"))
    .option("--seed <number>", "the benchmark's, where it names none", number("--seed", 0), 0)
    .option("--calibration-samples <number>", "int8 measures on so many", number("--calibration-samples", 1), 256)
    .option("--trust", "run the programs that a checkpoint's run names", false)
    .option("--accept-changed-data", "of a checkpoint: though the data is other than its run has read", false)
    .option("--no-test", "do not measure accuracy and speed")
    .option("--force", "replace the file if it is there", false)
    .option("--json", "the result as JSON", false)
    .action(async (run: string, { web, out, ...options }: Options, command: Command) => {
      if (web !== undefined) {
        const { runWebExport } = await import("../exporting/web/run_web_export.ts");
        const others = listTyped(command).filter((name) => name !== "--web" && name !== "--json");
        return runWebExport(run, { web, json: options.json, others }, context);
      }
      if (out === undefined) throw new CliError("give the file to be written with --out, or a folder with --web");
      const excluded = options.original ? listTyped(command).filter((name) => CONVERSIONS.has(name)) : [];
      if (excluded.length > 0) throw new CliError(`--original excludes ${excluded.join(" and ")}`);
      const { runExport } = await import("../exporting/run_export.ts");
      await runExport(run, { ...options, out }, context);
    });
}

/** The options that were typed, as they are typed. */
function listTyped(command: Command): readonly string[] {
  const typed = command.options.filter((option) => command.getOptionValueSource(option.attributeName()) === "cli");
  return typed.flatMap(({ long }) => long ?? []);
}
