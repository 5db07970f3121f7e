import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { z } from "zod";
import type { CliContext } from "../../src/cli/cli_context.ts";
import { InterruptedError } from "../../src/cli/cli_error.ts";
import { runCli } from "../../src/cli/run_cli.ts";
import { RefusalError } from "../../src/core/errors/errors.ts";
import { VERSION } from "../../src/core/version.ts";
import type { MeasuredResult } from "./measured_result.ts";
import type { PublishedResult } from "./published_result.ts";

const SUMMARY = z.object({ final: z.object({ streamAccuracy: z.number() }) });

/**
 * Runs a published result's configuration with the seeds 0, 1, …, one after another.
 * @throws {InterruptedError} If the signal says so; nothing is measured then.
 * @throws {Error} If a run fails; what it said was written to standard error.
 */
export async function measureResult(
  { name, words }: Pick<PublishedResult, "name" | "words">,
  seeds: number,
  context: CliContext,
): Promise<MeasuredResult> {
  const accuracies: number[] = [];
  const began = performance.now();
  for (let seed = 0; seed < seeds; seed++) {
    const accuracy = await runOnce([...words, "--seed", String(seed)], context);
    context.stdout.write(`${name}, seed ${seed}: ${accuracy.toFixed(4)}\n`);
    accuracies.push(accuracy);
  }
  return { name, accuracies, secondsPerRun: (performance.now() - began) / 1000 / seeds, version: VERSION };
}

async function runOnce(words: readonly string[], { stderr, signal }: CliContext): Promise<number> {
  const folder = await mkdtemp(join(tmpdir(), "firn-reproduce-"));
  try {
    const out = join(folder, "run");
    const silent = { write: () => true, isTTY: false };
    const status = await runCli(["train", ...words, "--out", out, "--quiet", "--no-onnx"], {
      stdout: silent,
      stderr,
      signal,
    });
    if (signal.aborted) throw new InterruptedError("Interrupted; finished results were kept", { cause: signal.reason });
    if (status !== 0) throw new RefusalError(`Cannot reproduce: train ${words.join(" ")} ended with status ${status}`);
    return SUMMARY.parse(JSON.parse(await readFile(join(out, "summary.json"), "utf8"))).final.streamAccuracy;
  } finally {
    await rm(folder, { recursive: true });
  }
}
