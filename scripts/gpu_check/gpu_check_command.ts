import process from "node:process";
import { Command } from "commander";
import type { CliContext } from "../../src/cli/cli_context.ts";

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
    .addHelpText(
      "after",
      `
Exit status: 0 when all that loads computes rightly, or when there is no GPU ("device": null); 1 when something
that loads computes wrongly; 3 when there is a GPU that nothing can use; 2 for an unknown option.`,
    )
    .action(async ({ anyDevice }: { readonly anyDevice: boolean }) => {
      const { findGPUs, listCandidates } = await import("./find_gpus.ts");
      const { chooseExitStatus, createReport } = await import("./gpu_report.ts");
      const { runCandidate } = await import("./run_candidate.ts");
      const { nvidia, others, reasons } = await findGPUs();
      const candidates = [];
      for (const candidate of listCandidates({ nvidia, others: anyDevice ? ["any"] : others })) {
        stderr.write(`${candidate.engine} on ${candidate.device} …\n`);
        candidates.push(await runCandidate(candidate));
      }
      const found = [...nvidia, ...others];
      const { bun, deno } = process.versions;
      const report = createReport({
        runtime: bun ? `Bun ${bun}` : `Deno ${deno}`,
        device: found.length > 0 ? found : null,
        reasons,
        candidates,
      });
      stdout.write(`${JSON.stringify(report, null, 2)}\n`);
      setExitStatus(chooseExitStatus(report));
    });
}
