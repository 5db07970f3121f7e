import { writeFile } from "node:fs/promises";
import process from "node:process";
import { Command } from "commander";
import type { CliContext } from "../../src/cli/cli_context.ts";
import { refuseAsTyped } from "../../src/cli/cli_error.ts";
import { assertDevice } from "../../src/engine/create_engine.ts";
import type { Candidate } from "./gpu_report.ts";

interface Options {
  readonly anyDevice: boolean;
  readonly device?: string;
  readonly quick: boolean;
  readonly python: string;
  readonly table?: string;
}

/** The command line of `gpu-check`. What it runs is imported when it runs, so that --help answers at once. */
export function createGpuCheckProgram(
  { stdout, stderr }: Pick<CliContext, "stdout" | "stderr">,
  setExitStatus: (status: number) => void,
): Command {
  return new Command("gpu-check")
    .description("say what this machine's GPUs do for this library, as JSON on standard output")
    .exitOverride()
    .configureOutput({ writeOut: (text) => stdout.write(text), writeErr: () => {}, outputError: () => {} })
    .option("--any-device", "try WebGPU where no GPU was found, too: it may run on the processor", false)
    .option("--device <name>", "measure onnxruntime on this device alone, GPU or not: cpu tests the check itself")
    .option("--quick", "few rows and steps: tests the check, measures nothing", false)
    .option("--python <path>", "an interpreter with PyTorch, for ResNet-18, ViT-B and PyTorch's own steps", "")
    .option("--table <file>", "write the figures as a table of Markdown, too")
    .addHelpText(
      "after",
      `
Exit status: 0 when all that loads computes rightly, or when there is no GPU ("device": null); 1 when something
that loads computes wrongly; 3 when there is a GPU that nothing can use; 2 for an unknown option.`,
    )
    .action(async ({ anyDevice, device: only, quick, python, table }: Options) => {
      const { findGPUs, listCandidates } = await import("./find_gpus.ts");
      const { chooseExitStatus, createReport } = await import("./gpu_report.ts");
      const { runCheck } = await import("./run_check.ts");
      if (only !== undefined) refuseAsTyped(() => assertDevice(only));
      const { nvidia, others, reasons } = await findGPUs();
      const wanted: readonly Candidate[] =
        only === undefined
          ? listCandidates({ nvidia, others: anyDevice ? ["any"] : others })
          : [{ engine: "onnxruntime", device: only }];
      const { candidates, peers, problems } = await runCheck({
        candidates: wanted,
        place: only ?? (nvidia.length > 0 ? "cuda:0" : undefined),
        extent: quick ? "quick" : "full",
        python,
        say: (line) => stderr.write(`${line}\n`),
      });
      if (table !== undefined) {
        const { formatTable } = await import("./format_table.ts");
        await writeFile(table, formatTable(candidates, peers));
      }
      const found = [...nvidia, ...others];
      const { bun, deno } = process.versions;
      const report = createReport({
        runtime: bun ? `Bun ${bun}` : `Deno ${deno}`,
        device: found.length > 0 ? found : null,
        reasons: [...reasons, ...problems],
        candidates,
        peers,
      });
      stdout.write(`${JSON.stringify(report, null, 2)}\n`);
      setExitStatus(chooseExitStatus(report));
    });
}
