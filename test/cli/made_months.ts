import { expect } from "bun:test";
import { mkdir, readFile, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { captureCli } from "../support/captured_cli.ts";

/** Options of small runs. */
export const COMMON = [
  "--batch-size",
  "8",
  "--epochs",
  "2",
  "--logical-shards",
  "2",
  "--checkpoint-every",
  "2",
  "--quiet",
];

/** The lines of a table: two numbers that say which class it is, more or less. */
export function makeTable(month: number, labels: readonly string[], rows = 12): string {
  const lines = labels.flatMap((label, id) =>
    Array.from(
      { length: rows },
      (_, i) => `${id + Math.sin(i * 7 + month) / 2},${month / 6 + Math.cos(i) / 3},${label}`,
    ),
  );
  return `a,b,label\n${lines.join("\n")}\n`;
}

/** The files of months, from the first to the last: January to April have two classes, later ones what is said. */
export function listMonths(first: number, last: number, later: readonly string[]): Record<string, string> {
  const files: Record<string, string> = {};
  for (let month = first; month <= last; month++) {
    const labels = month > 4 ? later : ["ant", "cat"];
    files[`train/month${month}/d.csv`] = makeTable(month, labels);
    files[`test/month${month}/d.csv`] = makeTable(month + 0.5, labels, 4);
  }
  return files;
}

/** Puts files into a folder that is there. */
export async function addFiles(folder: string, files: Record<string, string>): Promise<void> {
  for (const [name, text] of Object.entries(files)) {
    await mkdir(dirname(join(folder, name)), { recursive: true });
    await writeFile(join(folder, name), text);
  }
}

/** Trains, and expects no refusal. */
export async function train(words: readonly string[]): Promise<void> {
  const { status, stderr } = await captureCli(["train", ...words]);
  expect({ status, stderr }).toEqual({ status: 0, stderr: "" });
}

/** What summary.json of a run holds. */
export async function readSummary(folder: string) {
  return JSON.parse(await readFile(join(folder, "summary.json"), "utf8"));
}

/** Heads of two outputs, of four, and of as many as there are classes. */
export const FIXED = ["--model", "mlp:hiddenSize=8,hiddenLayers=1"];
export const WIDE = ["--model", "mlp:hiddenSize=8,hiddenLayers=1,outputs=4"];
export const GROWING = ["--model", "mlp:hiddenSize=8,hiddenLayers=1,incremental=true"];
