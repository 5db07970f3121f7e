/**
 * One command, no network: what this machine's GPUs do for this library, as JSON on standard output. Exit status 0 when
 * all that loads computes rightly, or when there is no GPU ("device": null); 1 when something that loads computes
 * wrongly; 3 when there is a GPU that nothing can use; 2 for an unknown option. `--any-device` tries WebGPU where no
 * GPU was found too: it may run on the processor.
 */
import process from "node:process";
import { findGPUs, listCandidates } from "./find_gpus.ts";
import { type CandidateResult, chooseExitStatus, createReport } from "./gpu_report.ts";
import { runCandidate } from "./run_candidate.ts";

const parameters = process.argv.slice(2);
const unknown = parameters.find((parameter) => parameter !== "--any-device");
if (unknown !== undefined) {
  process.stderr.write(`Cannot check GPUs: wanted no options or --any-device, got ${JSON.stringify(unknown)}\n`);
  process.exit(2);
}

const { nvidia, others, reasons } = await findGPUs();
const tried = parameters.includes("--any-device") ? { nvidia, others: ["any"] } : { nvidia, others };
const candidates: CandidateResult[] = [];
for (const candidate of listCandidates(tried)) {
  process.stderr.write(`${candidate.engine} on ${candidate.device} …\n`);
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
process.stdout.write(`${JSON.stringify(report, null, 2)}\n`);
process.exitCode = chooseExitStatus(report);
