import type { Command } from "commander";
import { escapeControls } from "../../core/errors/printable.ts";
import type { CliContext } from "../cli_context.ts";
import { refuse } from "../cli_error.ts";

interface Options {
  readonly out?: string;
  readonly png: boolean;
  readonly svg: boolean;
}

/** Adds the command that writes a page on runs. */
export function addReportCommand(program: Command, { stdout }: CliContext): void {
  program
    .command("report")
    .description("write one self-contained HTML page on a run, or on several side by side")
    .argument("<folders...>", "run directories, finished or not, or folders of sweeps")
    .option("--out <file>", "the page (default: report.html in the run's folder; in the current one for several runs)")
    .option("--png", "each figure as a PNG file beside the page, too", false)
    .option("--svg", "each figure as an SVG file beside the page, too", false)
    .action(async (folders: readonly string[], options: Options) => {
      const { writeReport } = await import("../../report/write_report.ts");
      const written = await refuse(() => writeReport(folders, options));
      stdout.write(written.map((path) => `Wrote ${escapeControls(path)}\n`).join(""));
    });
}
