import { rm } from "node:fs/promises";
import { join } from "node:path";
import type { RandomStream } from "../../src/core/random_stream.ts";
import { FirnProcess } from "./firn_process.ts";
import { listWords } from "./made_runs.ts";
import { listDifferences, readEnding } from "./run_ending.ts";

/** An undisturbed run to compare with. */
export interface Reference {
  readonly kind: string;
  readonly directory: string;
  /** From the moment that its folder held a configuration to its end. */
  readonly durationMs: number;
}

/** What came of one run that was disturbed. */
export interface Outcome {
  readonly isEqual: boolean;
  /** One line. */
  readonly description: string;
}

/** Runs one of the made runs from beginning to end. @throws {Error} If it fails. */
export async function runReference(kind: string, folder: string): Promise<Reference> {
  const directory = join(folder, `${kind}-whole`);
  const whole = new FirnProcess([...listWords(kind, folder), "--out", directory, "--workers", "1"]);
  await whole.waitForRun(directory);
  const began = performance.now();
  const { status, stderr } = await whole.end;
  if (status !== 0) throw new Error(`The undisturbed run failed: ${stderr}`);
  return { kind, directory, durationMs: performance.now() - began };
}

/**
 * Kills a run at a random moment, and now and then once more after it was resumed; goes on to the end, on another
 * number of workers, and compares with the undisturbed run. The folder is removed if they are equal.
 */
export async function killAndResume(reference: Reference, folder: string, random: RandomStream): Promise<Outcome> {
  const { kind, durationMs } = reference;
  const directory = join(folder, `${kind}-killed-${random.integer(2 ** 31)}`);
  const moments: string[] = [];
  const start = [...listWords(kind, folder), "--out", directory, "--workers", String(random.integer(3))];
  let isKilled = await runAndKill(start, { directory, durationMs, random, moments });
  if (!isKilled) {
    // It was faster than the reference: another moment, another folder.
    await rm(directory, { recursive: true, force: true });
    return killAndResume(reference, folder, random);
  }
  const resume = ["train", "--quiet", "--resume", directory];
  const again = [...resume, "--workers", String(random.integer(3))];
  if (random.uniform() < 0.3) isKilled = await runAndKill(again, { directory, durationMs, random, moments });
  const { status, stderr } = await new FirnProcess([...resume, "--workers", String(random.integer(3))]).end;
  const description = `${kind}, killed after ${moments.join(" and ")}`;
  if (status !== 0) return { isEqual: false, description: `${description}: exit status ${status}, ${stderr}` };
  const differences = listDifferences(await readEnding(reference.directory), await readEnding(directory));
  if (differences.length > 0) {
    return { isEqual: false, description: `${description}: other ${differences.join(", ")} (see ${directory})` };
  }
  await rm(directory, { recursive: true });
  return { isEqual: true, description };
}

async function runAndKill(
  words: readonly string[],
  { directory, durationMs, random, moments }: KillOptions,
): Promise<boolean> {
  const victim = new FirnProcess(words);
  await victim.waitForRun(directory);
  const ms = random.uniform() * durationMs;
  const isKilled = await victim.killAfter(ms);
  if (isKilled) moments.push(`${(ms / 1000).toFixed(2)} s`);
  return isKilled;
}

interface KillOptions {
  readonly directory: string;
  readonly durationMs: number;
  readonly random: RandomStream;
  readonly moments: string[];
}
