import { readFile } from "node:fs/promises";
import { z } from "zod";
import { writeAtomically } from "../../src/core/write_atomically.ts";

const MEASURED_RESULT = z.strictObject({
  name: z.string(),
  /** Seed 0, 1, … */
  accuracies: z.array(z.number()).min(1),
  secondsPerRun: z.number(),
  version: z.string(),
});

/** What came of a published result's runs. */
export type MeasuredResult = Readonly<z.output<typeof MEASURED_RESULT>>;

/** The results measured so far; none where there is no such file. @throws {Error} If the file is damaged. */
export async function readMeasuredResults(path: string): Promise<MeasuredResult[]> {
  let text: string;
  try {
    text = await readFile(path, "utf8");
  } catch (error) {
    if (error instanceof Error && "code" in error && error.code === "ENOENT") return [];
    throw error;
  }
  return z.array(MEASURED_RESULT).parse(JSON.parse(text));
}

/** Puts a new result in the place of the old one of its name. */
export function replaceResult(results: readonly MeasuredResult[], result: MeasuredResult): MeasuredResult[] {
  return [...results.filter(({ name }) => name !== result.name), result];
}

/** Writes them whole or not at all. */
export async function writeMeasuredResults(path: string, results: readonly MeasuredResult[]): Promise<void> {
  await writeAtomically(path, new TextEncoder().encode(`${JSON.stringify(results, undefined, 2)}\n`));
}
